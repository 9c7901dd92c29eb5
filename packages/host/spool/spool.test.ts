import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Log, silentLog } from '@maille/base/log';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { decodeSampleFrame } from '@maille/wire/link/sample-frame';
import { createSampleBatch, type SampleBatch } from '@maille/wire/link/samples';
import fc from 'fast-check';
import { openSpool, type Spool, type SpooledFrame, type SpoolOptions } from './spool.ts';

const root = mkdtempSync(join(tmpdir(), 'maille-spool-'));
after(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => join(root, String(folders++));

const BOOT = 'aa'.repeat(16);
const LIFE = 'A'.repeat(22);
const open = (folder: string, more: Partial<SpoolOptions> = {}): Spool =>
  openSpool({ folder, clock: createFakeClock(), log: silentLog, bootId: BOOT, ...more });

function batchOf(count: number, mark: number): SampleBatch {
  const batch = createSampleBatch(count, 1_000);
  batch.count = count;
  batch.targetIds.fill(mark);
  return batch;
}
/** All that waits, in order. */
function waiting(spool: Spool): SpooledFrame[] {
  const frames: SpooledFrame[] = [];
  for (let frame = spool.next(0); frame; frame = spool.next(frame.position + 1)) frames.push(frame);
  return frames;
}
const marks = (spool: Spool) =>
  waiting(spool).map((frame) => decodeSampleFrame(frame.bytes).batch.targetIds[0] as number);
const filesOf = (folder: string) => readdirSync(folder).sort();

test('what was taken is there after a kill, in order, with numbers that go on without a gap', () => {
  const folder = newFolder();
  const first = open(folder);
  for (let i = 1; i <= 3; i++) first.take({ life: LIFE, sequence: i }, batchOf(2, i));
  // No stop: as after kill -9.
  const second = open(folder);
  assert.deepEqual(second.taken, { life: LIFE, sequence: 3 });
  assert.deepEqual(marks(second), [1, 2, 3]);
  const next = second.take({ life: LIFE, sequence: 4 }, batchOf(1, 4));
  const frames = waiting(second);
  assert.equal(next?.sequence, 4);
  assert.equal(new Set(frames.map(({ epoch }) => epoch)).size, 1);
  assert.deepEqual(
    frames.map(({ sequence }) => sequence),
    [1, 2, 3, 4],
  );
  assert.equal(second.state().samples, 7);
});

test('what the sensor sends again after a death of the agent is taken once', () => {
  const folder = newFolder();
  open(folder).take({ life: LIFE, sequence: 1 }, batchOf(1, 1));
  const spool = open(folder);
  assert.equal(spool.take({ life: LIFE, sequence: 1 }, batchOf(1, 1)), undefined);
  assert.ok(spool.take({ life: LIFE, sequence: 2 }, batchOf(1, 2)));
  assert.ok(spool.take({ life: 'B'.repeat(22), sequence: 1 }, batchOf(1, 3)), 'another life of the sensor');
  assert.deepEqual(marks(spool), [1, 2, 3]);
});

test('what was taken is remembered when all frames are acknowledged and their files gone', () => {
  const folder = newFolder();
  const spool = open(folder, { segmentBytes: 200 });
  let frame: SpooledFrame | undefined;
  for (let i = 1; i <= 20; i++) {
    frame = spool.take({ life: LIFE, sequence: i }, batchOf(1, i)) as SpooledFrame;
    spool.acknowledge(frame.epoch, [[frame.sequence, frame.sequence]]);
  }
  assert.ok(filesOf(folder).length <= 2, 'done files are removed');
  const again = open(folder, { segmentBytes: 200 });
  assert.equal(again.take({ life: LIFE, sequence: 20 }, batchOf(1, 20)), undefined);
});

test('after another boot, or a torn file, numbers begin anew in another epoch', () => {
  for (const tear of [false, true]) {
    const folder = newFolder();
    const first = open(folder);
    first.take({ life: LIFE, sequence: 1 }, batchOf(1, 1));
    first.take({ life: LIFE, sequence: 2 }, batchOf(1, 2));
    const file = join(folder, filesOf(folder)[0] as string);
    if (tear) truncateSync(file, readFileSync(file).length - 5);
    const second = open(folder, tear ? {} : { bootId: 'bb'.repeat(16) });
    const next = second.take({ life: LIFE, sequence: 3 }, batchOf(1, 3)) as SpooledFrame;
    assert.equal(next.sequence, 1);
    assert.notEqual(next.epoch, waiting(second)[0]?.epoch);
    assert.deepEqual(marks(second), tear ? [1, 3] : [1, 2, 3]);
  }
});

test('any damage to the end of a file leaves whole frames before it, and the spool works on', () => {
  const folder = newFolder();
  const spool = open(folder);
  for (let i = 1; i <= 4; i++) spool.take({ life: LIFE, sequence: i }, batchOf(3, i));
  const name = filesOf(folder)[0] as string;
  const whole = readFileSync(join(folder, name));
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.uint8Array({ maxLength: 60 }),
      fc.option(fc.nat(whole.length - 1)),
      (length, tail, flip) => {
        const damaged = newFolder();
        open(damaged);
        const bytes = Buffer.concat([whole.subarray(0, length), tail]);
        if (flip !== null && flip < bytes.length) bytes[flip] = (bytes[flip] as number) ^ 0x40;
        writeFileSync(join(damaged, name), bytes);
        const reopened = open(damaged);
        const seen = marks(reopened);
        assert.deepEqual(seen, [1, 2, 3, 4].slice(0, seen.length), 'a prefix of what was written');
        if (length === whole.length && tail.length === 0 && flip === null) assert.equal(seen.length, 4);
        assert.ok(reopened.take({ life: 'C'.repeat(22), sequence: 1 }, batchOf(1, 9)));
        assert.deepEqual(marks(open(damaged)), [...seen, 9]);
        rmSync(damaged, { recursive: true });
      },
    ),
    { numRuns: 60 },
  );
});

test('acknowledged in any order, each frame goes once, and files go when all in them is', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 40 })
        .chain((count) =>
          fc.tuple(fc.constant(count), fc.shuffledSubarray(Array.from({ length: count }, (_, i) => i + 1))),
        ),
      ([count, order]) => {
        const folder = newFolder();
        const spool = open(folder, { segmentBytes: 400 });
        let epoch = '';
        for (let i = 1; i <= count; i++)
          epoch = (spool.take({ life: LIFE, sequence: i }, batchOf(2, i)) as SpooledFrame).epoch;
        for (const sequence of order) {
          const positions = spool.acknowledge(epoch, [[sequence, sequence]]);
          assert.ok(positions.length <= 1);
        }
        const left = Array.from({ length: count }, (_, i) => i + 1).filter((i) => !order.includes(i));
        assert.deepEqual(marks(spool), left);
        assert.equal(spool.state().samples, 2 * left.length);
        if (left.length === 0) assert.equal(filesOf(folder).length, 1);
        rmSync(folder, { recursive: true });
      },
    ),
    { numRuns: 40 },
  );
});

test('an acknowledgement of another epoch or of numbers never given changes nothing', () => {
  const spool = open(newFolder());
  const frame = spool.take({ life: LIFE, sequence: 1 }, batchOf(1, 1)) as SpooledFrame;
  assert.deepEqual(spool.acknowledge('00'.repeat(8), [[1, 1]]), []);
  assert.deepEqual(spool.acknowledge(frame.epoch, [[2, Number.MAX_SAFE_INTEGER]]), []);
  assert.equal(spool.state().samples, 1);
  spool.acknowledge(frame.epoch, [[0, Number.MAX_SAFE_INTEGER]]);
  assert.equal(spool.state().samples, 0);
});

test('full: the oldest go first, are counted, and said once a minute', () => {
  const folder = newFolder();
  const said: Record<string, unknown>[] = [];
  const clock = createFakeClock();
  const log: Log = { ...silentLog, warn: (fields) => said.push(fields) };
  const spool = open(folder, { maxBytes: 4_000, segmentBytes: 500, log, clock });
  const total = 200;
  for (let i = 1; i <= total; i++) spool.take({ life: LIFE, sequence: i }, batchOf(1, i));
  const left = marks(spool);
  assert.ok(left.length > 20 && left.length < 60, `${left.length} left`);
  assert.deepEqual(
    left,
    Array.from({ length: left.length }, (_, i) => total - left.length + 1 + i),
  );
  assert.equal(spool.state().droppedSamples, total - left.length);
  assert.equal(said.length, 1);
  const bytes = filesOf(folder).reduce((sum, name) => sum + readFileSync(join(folder, name)).length, 0);
  assert.ok(bytes <= 4_000 + 500);
});

test('while the disk takes nothing, frames wait in memory with numbers of their own; then it goes on', async () => {
  const folder = newFolder();
  const clock = createFakeClock();
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_, text) => said.push(text), info: (_, text) => said.push(text) };
  const spool = open(folder, { clock, log, segmentBytes: 300 });
  const before = spool.take({ life: LIFE, sequence: 1 }, batchOf(1, 1)) as SpooledFrame;
  // A folder that is gone refuses new files, as a full disk does.
  rmSync(folder, { recursive: true });
  const during: SpooledFrame[] = [];
  for (let i = 2; i <= 12; i++)
    during.push(spool.take({ life: LIFE, sequence: i }, batchOf(1, i)) as SpooledFrame);
  assert.ok(spool.state().diskProblem);
  assert.equal(said.length, 1, 'said once');
  const inMemory = during.filter(({ epoch }) => epoch !== before.epoch);
  assert.deepEqual(
    inMemory.map(({ sequence }) => sequence),
    inMemory.map((_, i) => i + 1),
  );
  assert.ok(inMemory.length >= 8);
  const first = inMemory[0] as SpooledFrame;
  assert.deepEqual(spool.next(first.position)?.bytes, first.bytes, 'memory is read back');

  open(folder).stop(); // the folder is there again
  await clock.advance(5_000);
  const after = spool.take({ life: LIFE, sequence: 13 }, batchOf(1, 13)) as SpooledFrame;
  assert.equal(after.epoch, before.epoch);
  assert.equal(spool.state().diskProblem, undefined);
  assert.equal(said.length, 2);
  for (const { epoch } of [before, first]) spool.acknowledge(epoch, [[1, 1_000]]);
  assert.equal(spool.state().samples, 0);
});

test('memory is bounded too', () => {
  const folder = newFolder();
  const spool = open(folder, { segmentBytes: 300, maxMemoryBytes: 1_500 });
  rmSync(folder, { recursive: true });
  for (let i = 1; i <= 100; i++) spool.take({ life: LIFE, sequence: i }, batchOf(1, i));
  const left = marks(spool);
  assert.ok(left.length > 5 && left.length < 20, `${left.length} left`);
  assert.equal(left.at(-1), 100);
  assert.equal(spool.state().droppedSamples, 100 - left.length);
});

test('numbers are never given twice, whatever is acknowledged, broken and restarted in between', async () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.constant('take' as const) },
    { weight: 2, arbitrary: fc.constant('ack-some' as const) },
    { weight: 2, arbitrary: fc.constant('restart' as const) },
    { weight: 1, arbitrary: fc.constant('break-disk' as const) },
    { weight: 1, arbitrary: fc.constant('mend-disk' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat(), async (steps, seed) => {
      const folder = newFolder();
      const clock = createFakeClock();
      const options = { clock, segmentBytes: 300 };
      let spool = open(folder, options);
      let sequence = 0;
      let random = seed;
      const given = new Set<string>();
      for (const kind of steps) {
        random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
        if (kind === 'take') {
          const frame = spool.take({ life: LIFE, sequence: ++sequence }, batchOf(1, sequence));
          if (!frame) continue; // after a death with a broken disk the sensor may be ahead
          const name = `${frame.epoch}/${frame.sequence}`;
          assert.ok(!given.has(name), `${name} twice`);
          given.add(name);
        } else if (kind === 'ack-some') {
          for (const frame of waiting(spool)) {
            random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
            if (random % 3 > 0) spool.acknowledge(frame.epoch, [[frame.sequence, frame.sequence]]);
          }
        } else if (kind === 'restart') spool = open(folder, options);
        else if (kind === 'break-disk') {
          // New files cannot be made: their names are taken by folders' worth of nothing.
          const last = Number((filesOf(folder).at(-1) ?? '0').slice(0, 10));
          for (let i = 1; i <= 3; i++) {
            const name = `${String(last + i).padStart(10, '0')}.spool`;
            try {
              writeFileSync(join(folder, name), '', { flag: 'wx' });
            } catch {
              // There already: broken enough.
            }
          }
        } else {
          for (const name of filesOf(folder)) {
            if (readFileSync(join(folder, name)).length === 0) rmSync(join(folder, name));
          }
          await clock.advance(5_000);
        }
      }
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 60 },
  );
});

test('garbage in the folder is removed or left alone, and said', () => {
  const folder = newFolder();
  open(folder);
  writeFileSync(join(folder, '0000000007.spool'), 'nonsense');
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  const said: string[] = [];
  const spool = open(folder, { log: { ...silentLog, warn: (_, text) => said.push(text) } });
  assert.equal(said.length, 1);
  assert.deepEqual(filesOf(folder), ['notes.txt']);
  spool.take({ life: LIFE, sequence: 1 }, batchOf(1, 1));
  appendFileSync(join(folder, 'notes.txt'), '!');
  assert.deepEqual(marks(open(folder)), [1]);
});
