/** Presence as the agent has it: on the LAN and as the local list; an agent that may not open its port goes on without. */
import type { Clock } from '@maille/base/clock';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { createPresenceEngine } from '@maille/engine/presence/presence-engine';
import { servePeerStream } from '@maille/host/presence/peer-stream';
import { createPresence, type Presence } from '@maille/host/presence/presence';
import type { Finding } from '@maille/wire/link/messages';

export interface PresenceSettings {
  port: number;
  /** Where the local list of peers is served: loopback. */
  listen: { host: string; port: number };
}

export interface AgentPresence extends Part, Pick<Presence, 'peers' | 'subscribe' | 'setSeeds'> {
  /** What did not work. */
  findings: Finding[];
}

export interface PresenceMeans {
  identity: Identity;
  verifier: IdentityVerifier;
  clock: Clock;
  log: Log;
  version: string;
  hostname: string;
}

const silent: Omit<AgentPresence, 'findings'> = {
  peers: () => [],
  subscribe: () => () => {},
  setSeeds() {},
  stop() {},
};

export async function startPresence(
  settings: PresenceSettings | undefined,
  means: PresenceMeans,
): Promise<AgentPresence> {
  if (!settings) return { ...silent, findings: [] };
  const { log } = means;
  let presence: Presence;
  try {
    presence = await createPresence({
      ...means,
      createEngine: createPresenceEngine,
      role: 'agent',
      port: settings.port,
    });
  } catch (error) {
    log.error({ err: error, port: settings.port }, 'presence cannot run: other machines are not seen');
    return { ...silent, findings: [finding('presence-port', 'Other machines are not seen', error)] };
  }
  const findings: Finding[] = [];
  let stream: Part | undefined;
  try {
    stream = await servePeerStream({ presence, ...settings.listen });
  } catch (error) {
    log.error({ err: error, ...settings.listen }, 'the local list of peers cannot be served');
    findings.push(finding('peers-port', 'The local list of peers is not served', error));
  }
  return {
    findings,
    peers: () => presence.peers(),
    subscribe: (receive) => presence.subscribe(receive),
    setSeeds: (hosts) => presence.setSeeds(hosts),
    async stop() {
      await stream?.stop();
      await presence.stop();
    },
  };
}

function finding(id: string, what: string, error: unknown): Finding {
  const reason = error instanceof Error ? error.message : String(error);
  return { id, severity: 'broken', title: `${what}: ${reason}`.replace(/\p{Cc}+/gu, ' ').slice(0, 200) };
}
