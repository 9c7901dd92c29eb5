/** Routes of what keeps Maille itself in order: health, overview, settings, audit, doctor, backup. */
import type { Readable } from 'node:stream';
import type { Clock } from '@maille/base/clock';
import { parseOwnPrefix } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import type { SettingsStore } from '@maille/store/database/settings';
import type { Finding } from '@maille/wire/link/messages';
import type { AuditLog } from '../audit/audit-log.ts';
import { actorOf } from '../auth/caller.ts';
import { requireInfluxUrl } from '../exports/influx-push.ts';
import type { Handlers } from '../http/handler.ts';
import { knownCaller } from '../http/handler.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import type { ReadOverview } from '../overview/read-overview.ts';
import { parsePublicUrl } from './public-origin.ts';

export type OperationHandlers = Pick<
  Handlers,
  | 'getHealth'
  | 'getOverview'
  | 'getSettings'
  | 'changeSettings'
  | 'listAudit'
  | 'getDoctor'
  | 'createBackup'
  | 'restoreBackup'
>;

/** How this server's data is copied and brought back; `apps/server` knows the folders. */
export interface Backups {
  /** A consistent tar of everything, as it is now. */
  create(): Promise<{ stream: Readable; fileName: string }>;
  /** Checks all of it, then keeps it for the next start; says where the present data will be kept. */
  stage(tar: Readable): Promise<{ keptAt: string }>;
  /** Ends the process so that it starts again with what was staged. */
  restart(): void;
}

export interface OperationRoutesOptions {
  readOverview: ReadOverview;
  settings: SettingsStore;
  audit: AuditLog;
  machines: MachineRegistry;
  backups: Backups;
  clock: Clock;
  version: string;
  serverId: string;
  certificate: () => { fingerprint: string; caPem: string };
  inspectServer: () => Promise<Finding[]>;
  /** Whether the database answers. */
  isWell: () => Promise<boolean>;
}

export function createOperationRoutes(options: OperationRoutesOptions): OperationHandlers {
  const { readOverview, settings, audit, machines, backups, clock, certificate } = options;
  const startedMonoMs = clock.monoMs();
  return {
    async getHealth() {
      return {
        status: (await options.isWell()) ? 'ok' : 'degraded',
        version: options.version,
        uptimeSeconds: Math.round((clock.monoMs() - startedMonoMs) / 1_000),
      };
    },

    getOverview: (_input, context) => readOverview(knownCaller(context)),

    getSettings() {
      const { fingerprint, caPem } = certificate();
      return {
        settings: settings.current(),
        serverId: options.serverId,
        certificateFingerprint: fingerprint,
        caCertificatePem: caPem,
      };
    },
    async changeSettings({ body }, context) {
      if (body.publicUrl) requirePublicUrl(body.publicUrl);
      if (body.ownPrefixes) requirePrefixes(body.ownPrefixes);
      if (body.influxUrl !== undefined) requireInfluxUrl(body.influxUrl);
      context.audit.detail = { ...body };
      return settings.change(body, actorOf(context.caller).actor);
    },

    async listAudit({ query }) {
      const limit = query.limit ?? 100;
      // One more than asked for tells whether there is a next page.
      const entries = await audit.list({ ...query, limit: limit + 1 });
      const page = entries.slice(0, limit);
      const last = page.at(-1);
      return { entries: page, ...(entries.length > limit && last && { nextBefore: last.id }) };
    },

    async getDoctor() {
      return {
        server: await options.inspectServer(),
        machines: machines.list().map((machine) => ({
          machineId: machine.id,
          label: machine.label || machine.facts.hostname,
          findings: machine.facts.findings,
        })),
      };
    },

    async createBackup(_input, context) {
      const { stream, fileName } = await backups.create();
      context.answerStream(stream, 'application/x-tar', fileName);
      return undefined;
    },
    async restoreBackup(_input, context) {
      if (!context.stream)
        throw new Problem('invalid', 'a backup comes as a tar', { remedy: 'Send application/x-tar.' });
      const { keptAt } = await backups.stage(context.stream);
      context.audit.detail = { keptAt };
      // After the answer has gone out.
      clock.after(500, () => backups.restart());
      return { restarting: true, keptAt };
    },
  };
}

/** Nobody’s own are larger: with them the guard would guard nothing. */
const SHORTEST_OWN = { 4: 8, 6: 16 } as const;

function requirePrefixes(texts: readonly string[]): void {
  for (const [at, text] of texts.entries()) {
    const prefix = parseOwnPrefix(text);
    const field = `/ownPrefixes/${at}`;
    if (!prefix)
      throw new Problem('invalid', `${text} is neither a prefix nor an address`, {
        field,
        remedy: 'For example 198.51.100.0/24 or 2001:db8::/32.',
      });
    const shortest = SHORTEST_OWN[prefix.base.family];
    if (prefix.prefixLength < shortest)
      throw new Problem('invalid', `${text} is more than anybody’s own: /${shortest} is the largest`, {
        field,
        remedy:
          'Name the prefixes that were given to you; what is in none of them can be confirmed one by one.',
      });
  }
}

function requirePublicUrl(text: string): void {
  if (parsePublicUrl(text) !== undefined) return;
  throw new Problem('invalid', 'the public URL is a host and perhaps a port, reached over HTTPS', {
    field: '/publicUrl',
    remedy: 'For example maille.example.org:4443',
  });
}
