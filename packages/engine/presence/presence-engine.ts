/**
 * Presence: who is here. Beats go to everyone, greetings are answered by unicast, and nothing enters the
 * list that has not proven to be there now: by echoing a token of ours, or by a new sequence number of
 * a life that did. Pure: sockets, time and keys are ports; docs/protocol/presence.md has the rules.
 */
import type { PresenceEngine, PresencePorts, PresenceSelf } from '@maille/wire/presence/presence-port';
import { createAdmission } from './admission.ts';
import { createAnswering } from './answering.ts';
import { createBeacon } from './beacon.ts';
import { createCounters } from './counters.ts';
import { createInventoryExchange } from './inventory-exchange.ts';
import { createLiveness } from './liveness.ts';
import { freshestEndpoints } from './member.ts';
import { createMemberTable } from './member-table.ts';
import { createOutstanding } from './outstanding.ts';
import { defaultLimits, defaultTimings, type PresenceOptions } from './presence-options.ts';
import { createReception } from './reception.ts';
import { createSender } from './sender.ts';
import { createTimers } from './timers.ts';

export function createPresenceEngine(
  ports: PresencePorts,
  self: PresenceSelf,
  options: PresenceOptions = {},
): PresenceEngine {
  const timings = { ...defaultTimings, ...options.timings };
  const limits = { ...defaultLimits, ...options.limits };
  const counters = createCounters();
  const timers = createTimers(ports.clock);
  const table = createMemberTable(limits);
  const sender = createSender(ports, counters);
  const outstanding = createOutstanding(timings.tokenLifeMs, limits.maxOutstanding);
  const inventory = createInventoryExchange({ ports, sender, outstanding, table });
  const beacon = createBeacon({ ports, sender, timers, timings, limits, self, inventory: inventory.own });
  const liveness = createLiveness({ ports, sender, outstanding, table, timings });
  const answering = createAnswering({
    ports,
    sender,
    timers,
    timings,
    limits,
    counters,
    table,
    outstanding,
    beacon,
  });
  const admit = createAdmission({
    ownId: ports.identity.id,
    ownBoot: sender.boot,
    limits,
    outstanding,
    member: table.get,
  });
  const receive = createReception({
    ports,
    timings,
    limits,
    counters,
    table,
    outstanding,
    admit,
    beacon,
    answering,
    inventory,
    liveness,
  });
  let running = false;

  return {
    start() {
      if (running) return;
      running = true;
      beacon.start();
      timers.every(timings.beatMs / 10, () => {
        liveness.tick();
        table.flush();
      });
    },
    receive(arrival) {
      if (!running) return;
      counters.received++;
      const refusal = receive(arrival);
      if (refusal) counters.refused[refusal]++;
      table.flush();
    },
    peers: table.peers,
    subscribe: table.subscribe,
    setServices(services) {
      const left = inventory.setServices(services);
      beacon.beatSoon(false);
      return left;
    },
    setSeeds: beacon.setSeeds,
    waysChanged: () => beacon.beatSoon(true),
    counters: () => structuredClone(counters),
    async stop() {
      if (!running) return;
      running = false;
      beacon.stop();
      timers.cancelAll();
      const told = [...table.values()]
        .filter((member) => member.state === 'alive' || member.state === 'suspect')
        .slice(0, limits.maxSeeds)
        .flatMap((member) => freshestEndpoints(member, 1));
      for (let time = 0; time < 3; time++) {
        if (time > 0) {
          await new Promise<void>((resolve) => {
            ports.clock.after(timings.goodbyeGapMs, resolve);
          });
        }
        sender.multicast({ type: 'leave' }, ports.randomHex64());
        for (const endpoint of told) sender.unicast(endpoint, { type: 'leave' }, ports.randomHex64());
      }
    },
  };
}
