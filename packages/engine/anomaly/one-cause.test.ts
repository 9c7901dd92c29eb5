/** One cause is one incident from its first word, and says the truth: what two agents see of one network. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CauseFault, gateway, last, parallel, runCause, type Told } from '@maille/testkit/cause-network';
import type { RouteChange, TargetRoute } from '@maille/wire/rest/traceroutes';

const inWords = ({ incident: { kind, scope, subject, state, ending, lossRatio, agentNumbers } }: Told) =>
  `${kind} ${scope} ${subject} ${state} ${ending} ${lossRatio?.toFixed(1)} by ${agentNumbers}`;
const idsOf = (told: Told[]) => new Set(told.map(({ incident }) => incident.id));
const lastWord = (told: Told[]) => inWords(told.at(-1) as Told);
const first = (told: Told[]) => told[0] as Told;

const cable: CauseFault = () => 1;
const half: CauseFault = () => 0.5;
/** Dead at a moment: what goes by it there, or comes back by it. */
const deadRouter: CauseFault = (_agent, _target, { there, back }) => (there === 1 || back === 1 ? 1 : 0);

test('a cable behind the last router is one incident of both agents, and names that router', () => {
  const told = runCause(cable);
  assert.equal(idsOf(told).size, 1, [...told.map(inWords)].join('\n'));
  assert.ok(first(told).second <= 8, `${first(told).second}`);
  assert.equal(lastWord(told), `silent hop ${last[1]} ended recovered 1.0 by 1,2`);
});

test('half of what goes over a link is lost: loss, and half, from the first word on', () => {
  const told = runCause(half);
  assert.equal(idsOf(told).size, 1, [...told.map(inWords)].join('\n'));
  for (const { incident, second } of told) {
    assert.equal(incident.kind, 'loss', `after ${second} s`);
    assert.ok(Math.abs((incident.lossRatio ?? 0) - 0.5) < 0.15, `${incident.lossRatio} after ${second} s`);
    assert.equal(incident.scope, 'hop');
  }
  assert.ok(Math.abs((told.at(-1)?.incident.lossRatio ?? 0) - 0.5) < 0.05);
});

test('a router of two in parallel dies: one incident, that names a router and no tag', () => {
  const told = runCause(deadRouter);
  assert.equal(idsOf(told).size, 1, [...told.map(inWords)].join('\n'));
  for (const one of told) assert.equal(one.incident.scope, 'hop', inWords(one));
  // What it knows of the ways is that some flows are spared: the last router before they part.
  assert.match(lastWord(told), new RegExp(`hop ${gateway} ended recovered`));
});

test('once its routes say which router is gone, that is its name, and what comes later still joins it', () => {
  const told = runCause(deadRouter, {
    faultS: 90,
    hopsOf: () => [gateway, parallel[1] as string, last[1] as string],
    each(second, nowMs, watch) {
      // Two targets of two prefixes, as two rounds make it certain.
      if (second !== 40) return;
      for (const targetId of [1, 161]) watch.routeChanged(rerouted(targetId, nowMs), nowMs);
    },
  });
  assert.equal(idsOf(told).size, 1, [...told.map(inWords)].join('\n'));
  // Open for as long as others may be found that have lost it, each at the turn of its route.
  assert.match(lastWord(told), new RegExp(`hop ${parallel[1]} → ${parallel[0]} open`));
});

function rerouted(targetId: number, nowMs: number): RouteChange {
  const routeBy = (which: 0 | 1): TargetRoute => ({
    ...{ targetId, agentNumber: 1, address: `target ${targetId}`, method: 'icmp', began: 'first' },
    ...{ sinceMs: 0, lastSeenMs: nowMs, untilMs: null, end: 'reached', code: null },
    hops: [gateway, parallel[which] as string, last[which] as string, `target ${targetId}`].map(
      (address) => ({
        routers: [{ address, rttNs: 1e6, draws: 1, flows: [0] }],
      }),
    ),
  });
  return {
    ...{ agentNumber: 1, targetId, atMs: nowMs - 30_000, foundAtMs: nowMs, distance: 2 },
    ...{ before: routeBy(1), after: routeBy(0) },
  };
}

test('what lies behind one of two routers only is named by that one', () => {
  const behind = (prefix: string) =>
    prefix === '93.184.216.0/24' ? [gateway, parallel[0] as string] : [gateway, parallel[1] as string];
  const fault: CauseFault = (_agent, { prefix }) => (prefix === '93.184.216.0/24' ? 0 : 1);
  const told = runCause(fault, { hopsOf: behind });
  assert.equal(idsOf(told).size, 1, [...told.map(inWords)].join('\n'));
  assert.equal(lastWord(told), `silent hop ${parallel[1]} ended recovered 1.0 by 1,2`);
});

test('a router that one agent alone cannot use, while the other goes the same way well, is that agent’s', () => {
  const fault: CauseFault = (agentNumber, { prefix }) =>
    agentNumber === 1 && prefix.startsWith('10.50.') ? 1 : 0;
  const told = runCause(fault, {
    hopsOf: (prefix) => (prefix.startsWith('10.50.') ? [gateway, parallel[0] as string] : [gateway]),
  });
  assert.equal(idsOf(told).size, 1, [...told.map(inWords)].join('\n'));
  assert.equal(told.at(-1)?.scopeKey, `hop ${parallel[0]} agent 1`);
});

test('it is over half a minute after all is as usual, and never open with nothing in it', () => {
  const calm = runCause(cable, { noise: 0 });
  assert.equal(calm.at(-1)?.incident.state, 'ended');
  assert.ok((calm.at(-1)?.second ?? 0) <= 60 + 45, `${calm.at(-1)?.second}`);
  for (const { incident } of runCause(cable)) assert.ok(incident.state === 'ended' || incident.affected > 0);
});

test('single targets that fail while a wide cause stands join it, and one elsewhere does not', () => {
  const fault: CauseFault = (_agent, { prefix, host }, _way, second) =>
    prefix === '10.50.1.0/24'
      ? host.endsWith('.7') && second < 100
        ? 0
        : 1
      : host === '93.184.216.3' && second >= 100
        ? 1
        : 0;
  const told = runCause(fault, { faultS: 180 });
  assert.deepEqual(
    [...idsOf(told)].map((id) => {
      const { incident } = told.findLast((one) => one.incident.id === id) as Told;
      return `${incident.scope} ${incident.subject} ${incident.affectedMost}`;
    }),
    ['prefix 10.50.1.0/24 60', 'target 93.184.216.3 1'],
  );
});

test('a fifth is lost everywhere: the tag that nearly all carry is no cause beside a way, and the name gets better', () => {
  for (const seed of [11, 12]) {
    const told = runCause(() => 0.2, { seed, faultS: 90 });
    assert.equal(idsOf(told).size, 1, [...told.map(inWords)].join('\n'));
    assert.equal(lastWord(told), `loss hop ${last[1]} ended recovered 0.2 by 1,2`);
  }
});

test('where no way is known, what all agents lose is two at the most, and no incident a target', () => {
  const told = runCause(cable, { hopsOf: () => [] });
  assert.ok(idsOf(told).size <= 2, [...told.map(inWords)].join('\n'));
});

test('what one agent saw first and another sees too is the router that both go by', () => {
  const told = runCause((agentNumber, _target, _way, second) => (agentNumber === 1 || second > 20 ? 1 : 0));
  assert.equal(idsOf(told).size, 1);
  assert.equal(first(told).scopeKey, 'agent 1');
  assert.equal(lastWord(told), `silent hop ${last[1]} ended recovered 1.0 by 1,2`);
});
