/** What is a change of route, what is none; ten thousand rounds here, three hundred thousand in the soak. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { runRouteTrial } from '@maille/testkit/route-trial';
import { TargetRoute } from '@maille/wire/rest/traceroutes';
import { checker } from '@maille/wire/schema';
import type { TraceFlow, TraceRound } from '@maille/wire/traceroute';
import { createRouteHistory, type RouteHistory } from './route-history.ts';

const TARGET = '203.0.113.9';
let atMs = 1_000_000;

/** `A B|C * T`: `|` parts the flows' routers (two flows each), `T` is the target, `!` who refuses the way. */
function round(way: string, { flows = 4, targetId = 1, code = 0 } = {}): TraceRound {
  atMs += 10_000;
  const made = Array.from({ length: flows }, (_, flow): TraceFlow => {
    const names = way.split(' ').map((part) => {
      const choices = part.split('|');
      return choices[Math.floor((flow * choices.length) / flows)] as string;
    });
    const refused = names.at(-1)?.startsWith('!');
    const hops = names.map((name) => ({
      address: name === '*' ? null : name === 'T' ? TARGET : `10.0.0.${name.replace('!', '').charCodeAt(0)}`,
      rttNs: name === '*' ? null : 1e6,
    }));
    if (names.at(-1) === 'T') return { flow, hops, end: 'reached' };
    return refused ? { flow, hops, end: 'unreachable', code } : { flow, hops, end: 'silent' };
  });
  return { targetId, address: TARGET, atMs, method: 'icmp', flows: made };
}

/** In which of `times` rounds a change is told, from 1. */
function told(history: RouteHistory, way: string, times: number, options = {}): number[] {
  return Array.from({ length: times }, (_, i) =>
    history.observe(1, round(way, options))?.change ? i + 1 : 0,
  ).filter((i) => i > 0);
}
const text = (route: TargetRoute | undefined) =>
  route?.hops
    .map(({ routers }) =>
      routers
        .map((one) => (one.address === TARGET ? 'T' : String.fromCharCode(Number(one.address.split('.')[3]))))
        .sort()
        .join('|'),
    )
    .join(' ');

function settled(way: string, options = {}): RouteHistory {
  const history = createRouteHistory();
  assert.deepEqual(told(history, way, 20, options), []);
  return history;
}

test('seeded networks: no false change, and each true one told once, within three rounds', () => {
  const result = runRouteTrial({ targets: 25, rounds: 400, flows: 4, lossRatio: 0 });
  assert.ok(result.rounds > 10_000);
  assert.equal(result.falseChanges, 0, result.notes.join('\n'));
  assert.equal(result.foundInThree, result.changes, result.notes.join('\n'));
  assert.equal(result.toldTwice, 0);
});

test('seeded networks that lose answers: no false change', () => {
  const result = runRouteTrial({ targets: 25, rounds: 400, flows: 4, lossRatio: 0.05 });
  assert.equal(result.falseChanges, 0, result.notes.join('\n'));
  assert.ok(result.foundInThree >= result.changes * 0.97, result.notes.join('\n'));
});

test('another router is a change in the second round, and says before, after, where and since when', () => {
  const history = settled('A B C T');
  const first = round('A X C T');
  assert.equal(history.observe(1, first)?.change, undefined);
  const second = round('A X C T');
  const change = history.observe(1, second)?.change;
  assert.ok(change);
  assert.equal(change.atMs, first.atMs);
  assert.equal(change.foundAtMs, second.atMs);
  assert.equal(change.distance, 2);
  assert.equal(text(change.before), 'A B C T');
  assert.equal(text(change.after), 'A X C T');
  assert.equal(change.before.untilMs, first.atMs);
  assert.equal(change.after.sinceMs, first.atMs);
  assert.ok(checker(TargetRoute).fits(change.after));
  assert.deepEqual(told(history, 'A B C T', 3), [3], 'and back again');
});

test('one round of another route is no change', () => {
  const history = settled('A B C T');
  assert.deepEqual(told(history, 'A X C T', 1), []);
  assert.deepEqual(told(history, 'A B C T', 5), []);
});

test('a round in the middle of which the route changed does not hide the change', () => {
  const history = settled('A B C T');
  assert.deepEqual(told(history, 'A B|X C T', 1), []);
  assert.deepEqual(told(history, 'A X C T', 3), [1]);
});

test('a branch beside the known one is no change, one in the place of another is', () => {
  const history = settled('A B|C D T');
  assert.deepEqual(told(history, 'A B|B|B|C D T', 10), [], 'a flow on the other branch');
  assert.deepEqual(told(history, 'A B|B|C|E D T', 10), [], 'a third branch');
  assert.equal(text(history.current(1, 1)), 'A B|C|E D T');
  assert.deepEqual(told(settled('A B|C D T'), 'A X|C D T', 4), [2]);
});

test('routers that say nothing are anybody, and a silent target is no change', () => {
  const history = settled('A B C T');
  assert.deepEqual(told(history, 'A * C T', 10), []);
  assert.deepEqual(told(history, 'A B C * * *', 10), []);
  assert.equal(history.current(1, 1)?.end, 'silent');
  assert.deepEqual(told(history, 'A B C T', 10), []);
  assert.deepEqual(told(settled('A * C T'), 'A B C T', 10), [], 'one that begins to speak');
});

test('a longer and a shorter way are changes, also through silent routers', () => {
  assert.deepEqual(told(settled('A B C T'), 'A B X C T', 4), [2]);
  assert.deepEqual(told(settled('A B C T'), 'A C T', 4), [2]);
  assert.deepEqual(told(settled('A * * C T'), 'A * C T', 4), [2]);
});

test('an answer of the target that was lost does not make the way longer', () => {
  assert.deepEqual(told(settled('A B T'), 'A B * T', 10), []);
});

test('a router that says there is no way is a change; a host that is away is none', () => {
  const history = settled('A B C T');
  assert.deepEqual(told(history, 'A !A', 1), []);
  const change = history.observe(1, round('A !A'))?.change;
  assert.equal(change?.distance, 2);
  assert.deepEqual([text(change?.before), text(change?.after)], ['A B C T', 'A']);
  assert.deepEqual(told(history, 'A B C T', 4), [3], 'and a way again');
  assert.deepEqual(told(settled('A B C T'), 'A B C !C', 10, { code: 1 }), []);
});

test('one flow alone is believed after three rounds', () => {
  assert.deepEqual(told(settled('A B C T', { flows: 1 }), 'A X C T', 4, { flows: 1 }), [3]);
});

test('goes on after a restart from the stored route', () => {
  const before = settled('A B|C D T').current(1, 1) as TargetRoute;
  const same = createRouteHistory();
  same.restore(JSON.parse(JSON.stringify(before)));
  assert.equal(text(same.current(1, 1)), 'A B|C D T');
  assert.deepEqual(told(same, 'A C|B D T', 10), []);
  const changed = createRouteHistory();
  changed.restore(before);
  assert.deepEqual(told(changed, 'A X Y D T', 4), [2], 'changed while the server was down');
});

test('another address of a name begins anew', () => {
  const history = settled('A B C T');
  const moved = { ...round('A X C T'), address: '203.0.113.10' };
  const news = history.observe(1, moved);
  assert.equal(news?.change, undefined);
  assert.equal(text(news?.over), 'A B C T');
  assert.equal(news?.over?.untilMs, moved.atMs);
  assert.equal(news?.route.sinceMs, moved.atMs);
});

test('a round told twice counts once', () => {
  const history = settled('A B C T');
  const one = round('A X C T');
  assert.ok(history.observe(1, one));
  assert.equal(history.observe(1, one), undefined);
});

test('remembers no more routes than its bound, and says how many it gave up', () => {
  const history = createRouteHistory({ maxRoutes: 3 });
  for (let targetId = 1; targetId <= 5; targetId++) history.observe(1, round('A B T', { targetId }));
  assert.equal(history.size, 3);
  assert.equal(history.forgotten, 2);
  assert.equal(history.current(1, 1), undefined);
  assert.equal(text(history.current(1, 5)), 'A B T');
});
