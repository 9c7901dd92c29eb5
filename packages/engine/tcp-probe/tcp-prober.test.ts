import assert from 'node:assert/strict';
import test from 'node:test';
import { createTcpWorld, type OpenedConnection, tcpTarget } from '@maille/testkit/tcp-world';

/** A world with one connection to 10.0.0.1:443 just begun. */
function begun(timeoutMs = 500) {
  const made = createTcpWorld();
  made.prober.setTargets([tcpTarget(7, '10.0.0.1', 443, 60_000, timeoutMs)]);
  while (made.world.opened.length === 0) made.run(1);
  const [connection] = made.world.opened as [OpenedConnection];
  return { ...made, connection, handle: connection.handle };
}
const outcomesOf = ({ world }: ReturnType<typeof createTcpWorld>) =>
  world.seen.map(({ outcome, code, rttUs }) => [outcome, code, rttUs]);

test('a connection is a reply after its handshake, told when it has been held', () => {
  const made = begun();
  assert.deepEqual([made.connection.family, made.connection.port, made.connection.zone], [4, 443, 0]);
  assert.deepEqual([...new Uint8Array(made.connection.address.buffer, 0, 4)], [10, 0, 0, 1]);
  made.run(10);
  made.accept(made.handle, 3.25);
  made.run(20);
  assert.deepEqual([made.world.seen.length, made.prober.inFlight], [0, 1]);
  made.run(60);
  assert.deepEqual(outcomesOf(made), [['reply', 1, 3_250]]);
  assert.ok(Math.abs((made.world.seen[0]?.sentAtMs as number) - made.connection.atMs) < 0.002);
  assert.deepEqual([made.prober.inFlight, made.open.size, made.prober.counters.replies], [0, 0, 1]);
});

test('accepted and then broken off is a reset, with the handshake’s time, however the news come', () => {
  const made = begun();
  made.accept(made.handle, 5);
  made.run(20);
  made.reset(made.handle, 999);
  made.run(2);
  assert.deepEqual(outcomesOf(made), [['reset', 1, 5_000]]);
  const together = begun();
  together.reset(together.handle, 5);
  together.run(2);
  assert.deepEqual(outcomesOf(together), [['reset', 1, 5_000]]);
  assert.equal(together.prober.counters.replies, 0);
});

test('an end in good order is a reply at once', () => {
  const greeted = begun();
  greeted.accept(greeted.handle, 5);
  greeted.run(2);
  greeted.accept(greeted.handle, 5, 0, true);
  greeted.run(2);
  assert.deepEqual(outcomesOf(greeted), [['reply', 1, 5_000]]);
  const atOnce = begun();
  atOnce.accept(atOnce.handle, 4, 0, true);
  atOnce.run(2);
  assert.deepEqual(outcomesOf(atOnce), [['reply', 1, 4_000]]);
});

test('refused: the kernel’s stamp where it can be believed, the time of reading otherwise', () => {
  const stamped = begun();
  const sentMs = stamped.connection.atMs;
  stamped.run(10);
  stamped.refuse(stamped.handle, sentMs + 2.5);
  stamped.run(2);
  assert.deepEqual(outcomesOf(stamped), [['refused', 1, 2_500]]);
  for (const stampMs of [Number.NaN, -3_000, 60_000]) {
    const made = begun();
    made.run(9);
    made.refuse(made.handle, stampMs);
    made.run(1);
    const [[outcome, , rttUs]] = outcomesOf(made) as [[string, number, number]];
    assert.equal(outcome, 'refused');
    assert.ok(rttUs >= 8_000 && rttUs <= 12_000, `${rttUs} µs for a stamp at ${stampMs}`);
  }
});

test('ICMP by its code, each family by its own types; what is neither is left to the timeout', () => {
  for (const [address, type, code, outcome] of [
    ['10.0.0.1', 3, 13, 'unreachable'],
    ['10.0.0.1', 11, 0, 'ttl-exceeded'],
    ['fd00::1', 1, 4, 'unreachable'],
    ['fd00::1', 3, 0, 'ttl-exceeded'],
    ['10.0.0.1', 12, 1, 'timeout'],
  ] as const) {
    const made = createTcpWorld();
    made.prober.setTargets([tcpTarget(1, address, 80, 60_000)]);
    while (made.world.opened.length === 0) made.run(1);
    made.turnBack(0, type, code);
    made.run(600);
    const told = outcome === 'timeout' ? 0 : code;
    assert.deepEqual(outcomesOf(made), [[outcome, told, 0]], `${address} ${type}`);
  }
});

test('after the handshake ICMP and errors of the kernel do not take the reply back', () => {
  for (const say of ['turnBack', 'fail'] as const) {
    const made = begun();
    made.accept(made.handle, 5);
    made.run(2);
    made[say](made.handle, 3, 1);
    made.run(2);
    assert.deepEqual(outcomesOf(made), [['reply', 1, 5_000]]);
  }
});

test('silence is a timeout; so is a kernel that gave up; other errors are ours', () => {
  const silent = begun();
  silent.run(510);
  assert.deepEqual(outcomesOf(silent), [['timeout', 0, 0]]);
  assert.equal(silent.open.size, 0);
  for (const [errno, expected] of [
    [110, ['timeout', 0, 0]],
    [71, ['local-error', 71, 0]],
  ] as const) {
    const made = begun();
    made.fail(made.handle, errno);
    made.run(2);
    assert.deepEqual(outcomesOf(made), [expected]);
  }
});

test('a lost SYN is a lost probe: the answer to the next one is late, with the whole time', () => {
  const made = begun(3_000);
  made.run(1_030);
  made.accept(made.handle, 28, 1); // the kernel measured from the SYN sent again
  made.run(3);
  const [late, lost] = made.world.seen;
  assert.equal(made.world.seen.length, 2);
  assert.deepEqual([late?.outcome, lost?.outcome, lost?.rttUs], ['late', 'timeout', 0]);
  assert.ok((late?.rttUs as number) >= 1_028_000 && (late?.rttUs as number) <= 1_035_000);
  assert.deepEqual([made.prober.counters.late, made.prober.counters.replies, made.open.size], [1, 0, 0]);
});

test('a slow answer to the first SYN is a reply, although a second was sent meanwhile', () => {
  const made = begun(3_000);
  made.run(1_200);
  made.accept(made.handle, 1_199, 1);
  made.run(600);
  assert.deepEqual(outcomesOf(made), [['reply', 1, 1_199_000]]);
});

test('an answer after the timeout is late, one in time is a reply however late it is read', () => {
  const late = begun();
  late.run(490);
  late.accept(late.handle, 501);
  late.run(2);
  assert.deepEqual(outcomesOf(late), [
    ['late', 0, 501_000],
    ['timeout', 0, 0],
  ]);
  const stalled = begun();
  stalled.accept(stalled.handle, 20);
  stalled.world.nowMs += 5_000; // nobody looked
  stalled.run(100);
  assert.deepEqual(outcomesOf(stalled), [['reply', 1, 20_000]]);
});

test('only the first answer is marked; a refusal is an answer too', () => {
  const made = createTcpWorld();
  made.prober.setTargets([tcpTarget(1, '10.0.0.1')]);
  for (let n = 0; n < 3; n++) {
    while (made.world.opened.length <= n) made.run(1);
    const { handle } = made.world.opened[n] as OpenedConnection;
    if (n === 0) made.refuse(handle);
    else made.accept(handle, 1, 0, true);
    made.run(1);
  }
  assert.deepEqual(
    made.world.seen.map(({ outcome, code }) => [outcome, code]),
    [
      ['refused', 1],
      ['reply', 0],
      ['reply', 0],
    ],
  );
});

test('what cannot be begun is told with its errno; an interface is looked up anew', () => {
  const made = createTcpWorld({ capacity: 1, onOpen: ({ port }) => (port === 99 ? 101 : 0) });
  made.prober.setTargets([
    tcpTarget(1, '10.0.0.1', 99, 60_000),
    tcpTarget(2, 'fe80::1%eth0', 443, 60_000, 30_000),
    tcpTarget(3, 'fe80::1%nosuch', 443, 60_000),
  ]);
  made.run(1_100);
  made.prober.change([tcpTarget(4, '10.0.0.4', 443, 60_000)], []);
  made.run(1_100);
  const codes = new Map(made.world.seen.map(({ id, outcome, code }) => [id, `${outcome} ${code}`]));
  assert.deepEqual(
    [1, 3, 4].map((id) => codes.get(id)),
    ['local-error 101', 'local-error 19', 'local-error 24'],
  );
  assert.deepEqual(
    made.world.opened.map(({ family, zone }) => [family, zone]),
    [[6, 3]],
  );
  assert.equal(made.prober.counters.sent, 4);
});

test('what stays as it is goes on; what goes still gets its outcome; what is no target is refused', () => {
  const made = createTcpWorld();
  const list = [tcpTarget(1, '10.0.0.1'), tcpTarget(2, '10.0.0.2')];
  made.prober.setTargets(list);
  made.run(1_500);
  const before = made.world.opened.length;
  made.prober.setTargets(list);
  made.run(1_000);
  assert.ok(Math.abs(made.world.opened.length - before - 2) <= 1);
  const refused = made.prober.change(
    [{ ...tcpTarget(3, 'nowhere') }, { ...tcpTarget(4, '10.0.0.4'), probe: 'icmp' }],
    [],
  );
  assert.deepEqual(
    refused.map(({ id }) => id),
    [3, 4],
  );
  made.prober.setTargets([]);
  made.run(1_000);
  assert.equal(made.prober.targetCount, 0);
  assert.equal(made.world.seen.length, made.world.opened.length);
  assert.equal(made.open.size, 0);
});
