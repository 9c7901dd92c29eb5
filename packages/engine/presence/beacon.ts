/**
 * Our own beats: to everyone by multicast, and to seeds by unicast, where they always ask for a reply,
 * because that reply is all that is heard of a peer that multicast does not reach.
 */
import { type DatagramBody, GREETING_BYTES } from '@maille/wire/presence/datagram';
import type { Endpoint, PresencePorts, PresenceSelf } from '@maille/wire/presence/presence-port';
import type { PresenceLimits, PresenceTimings } from './presence-options.ts';
import type { Sender } from './sender.ts';
import type { Timers } from './timers.ts';

export interface BeaconDeps {
  ports: PresencePorts;
  sender: Sender;
  timers: Timers;
  timings: PresenceTimings;
  limits: PresenceLimits;
  self: PresenceSelf;
  inventory(): string;
}

export function createBeacon({ ports, sender, timers, timings, limits, self, inventory }: BeaconDeps) {
  const { clock } = ports;
  /** Tokens of our greetings: whoever hears one may answer. */
  const greetings = new Map<string, number>();
  /** Other processes at the address of a seed, which its reply named. */
  const siblings = new Map<string, { endpoint: Endpoint; untilMs: number }>();
  let seeds: readonly Endpoint[] = [];
  let incarnation = 0;
  let beatenMs = Number.NEGATIVE_INFINITY;
  let soon: { greet: boolean } | undefined;
  let started = false;

  const describe = () => ({ incarnation, ...self, inventory: inventory() });

  function beat(greet: boolean): void {
    const nowMs = clock.monoMs();
    beatenMs = nowMs;
    for (const [token, untilMs] of greetings) if (untilMs <= nowMs) greetings.delete(token);
    for (const [key, sibling] of siblings) if (sibling.untilMs <= nowMs) siblings.delete(key);
    const token = ports.randomHex64();
    greetings.set(token, nowMs + timings.tokenLifeMs);
    const body: DatagramBody = { type: 'beat', ...describe(), greet };
    sender.multicast(body, token, GREETING_BYTES);
    for (const seed of [...seeds, ...[...siblings.values()].map((sibling) => sibling.endpoint)]) {
      sender.unicast(seed, { ...body, greet: true }, token, GREETING_BYTES);
    }
  }

  const nextBeatMs = () => timings.beatMs * (1 + timings.beatJitter * (2 * ports.random() - 1));

  function beatOn(): void {
    beat(false);
    timers.after(nextBeatMs(), beatOn);
  }

  /** A beat out of turn; several wishes at once are one beat. */
  function beatSoon(greet: boolean): void {
    if (!started) return;
    if (soon) {
      soon.greet ||= greet;
      return;
    }
    const wish = { greet };
    soon = wish;
    timers.after(Math.max(0, beatenMs + timings.beatMs / 10 - clock.monoMs()), () => {
      soon = undefined;
      beat(wish.greet);
    });
  }

  return {
    describe,
    beatSoon,
    start(): void {
      started = true;
      beat(true);
      // Twice more soon: a lost greeting must not cost a whole period.
      timers.after(timings.beatMs * 0.1, () => beat(true));
      timers.after(timings.beatMs * 0.3, () => beat(true));
      timers.after(nextBeatMs(), beatOn);
    },
    /** No beat leaves any more: one after the goodbye would take it back. */
    stop(): void {
      started = false;
    },
    /** Whether a reply with this token answers a greeting of ours of the last seconds. */
    greeted: (token: string) => (greetings.get(token) ?? 0) > clock.monoMs(),
    setSeeds(endpoints: readonly Endpoint[]): void {
      seeds = endpoints.slice(0, limits.maxSeeds);
      beatSoon(true);
    },
    greetSibling(endpoint: Endpoint): void {
      const key = `${endpoint.address} ${endpoint.port}`;
      const isNew = !siblings.has(key);
      if (isNew && siblings.size >= limits.maxSeeds) return;
      siblings.set(key, { endpoint, untilMs: clock.monoMs() + timings.downAfterMissed * timings.beatMs });
      if (isNew) beatSoon(false);
    },
    /** Somebody suspects this incarnation of ours: the next one answers all who do, once. */
    refute(suspected: number): void {
      if (suspected !== incarnation) return;
      incarnation++;
      beatSoon(false);
    },
  };
}
export type Beacon = ReturnType<typeof createBeacon>;
