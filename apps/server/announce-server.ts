/** Lets agents and other servers see where this one is. All else works without it, so it never stops a start. */
import { hostname } from 'node:os';
import type { Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { createPresenceEngine } from '@maille/engine/presence/presence-engine';
import { createPresence } from '@maille/host/presence/presence';
import type { Bus } from '@maille/store/bus/bus';
import type { SettingsStore } from '@maille/store/database/settings';

export interface AnnounceOptions {
  identity: Identity;
  verifier: IdentityVerifier;
  clock: Clock;
  log: Log;
  bus: Bus;
  settings: SettingsStore;
  version: string;
  /** UDP port of presence. */
  port: number;
  httpsPort: number;
}

export async function announceServer(options: AnnounceOptions): Promise<Part> {
  const { bus, settings, httpsPort, log, ...rest } = options;
  try {
    const presence = await createPresence({
      ...rest,
      log,
      createEngine: createPresenceEngine,
      role: 'server',
      hostname: hostname(),
      seeds: settings.current().presenceSeeds,
    });
    presence.setServices([{ kind: 'maille', name: 'server', port: httpsPort }]);
    const unsubscribe = bus.subscribe('settings', ({ presenceSeeds }) => presence.setSeeds(presenceSeeds));
    return {
      stop() {
        unsubscribe();
        return presence.stop();
      },
    };
  } catch (error) {
    log.error({ err: error }, 'this server cannot announce itself');
    return { stop() {} };
  }
}
