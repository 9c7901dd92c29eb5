/** How this server's data is copied while it runs, and brought back: the routes' side of the store's backups. */
import type { Backups } from '@maille/api/settings/operation-routes';
import type { Clock } from '@maille/base/clock';
import type { Log } from '@maille/base/log';
import { receiveBackup } from '@maille/store/backup/receive-backup';
import { writeBackup } from '@maille/store/backup/write-backup';
import type { Database } from '@maille/store/database/tables';
import type { SeriesStore } from '@maille/store/series/series-store';
import { restoreBackup } from '@maille/wire/rest/operations';

export interface BackupsOptions {
  dataDir: string;
  database: Database;
  series: SeriesStore;
  version: string;
  clock: Clock;
  log: Log;
  restart(): void;
}

export function createBackups({ dataDir: dataFolder, restart, ...rest }: BackupsOptions): Backups {
  return {
    restart,
    async create() {
      const stream = await writeBackup({ dataFolder, ...rest });
      const stamp = new Date(rest.clock.wallMs()).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');
      return { stream, fileName: `maille-${stamp}.tar` };
    },
    stage: (stream) =>
      receiveBackup({
        dataFolder,
        stream,
        maxBytes: restoreBackup.maxBodyBytes,
        clock: rest.clock,
        log: rest.log,
      }),
  };
}
