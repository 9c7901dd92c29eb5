import type { Backups } from '@maille/api/settings/operation-routes';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { Database } from '@maille/store/database/tables';
import type { SeriesStore } from '@maille/store/series/series-store';

export interface BackupsOptions {
  dataDir: string;
  database: Database;
  series: SeriesStore;
  clock: Clock;
  log: Log;
  restart(): void;
}

export function createBackups({ restart }: BackupsOptions): Backups {
  const notYet = () => Promise.reject(new Problem('unsupported', 'backups are not here yet'));
  return { create: notYet, stage: notYet, restart };
}
