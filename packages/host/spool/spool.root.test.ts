/** A disk that is really full: a tmpfs of a few pages. Root only. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { decodeSampleFrame } from '@maille/wire/link/sample-frame';
import { createSampleBatch } from '@maille/wire/link/samples';
import { openSpool } from './spool.ts';

const skip = process.getuid?.() === 0 ? false : 'mounting a small disk needs root';

test('a disk that fills up in the middle of a record costs nothing, and is written to again', {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', folder]);
  try {
    const clock = createFakeClock();
    const spool = openSpool({
      folder: join(folder, 'spool'),
      clock,
      log: silentLog,
      bootId: 'aa'.repeat(16),
    });
    const take = (mark: number) => {
      const batch = createSampleBatch(500, 1_000);
      batch.count = 500;
      batch.targetIds.fill(mark);
      return spool.take({ life: 'L'.repeat(22), sequence: mark }, batch);
    };
    for (let i = 1; i <= 40; i++) assert.ok(take(i)); // 280 KiB
    assert.match(spool.state().diskProblem ?? '', /ENOSPC/);
    assert.equal(spool.state().droppedSamples, 0);

    const seen: number[] = [];
    for (let frame = spool.next(0); frame; frame = spool.next(frame.position + 1)) {
      seen.push(decodeSampleFrame(frame.bytes).batch.targetIds[499] as number);
      spool.acknowledge(frame.epoch, [[frame.sequence, frame.sequence]]);
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 40 }, (_, i) => i + 1),
    );

    // Somebody makes room.
    execFileSync('mount', ['-o', 'remount,size=1m', folder]);
    await clock.advance(5_000);
    assert.ok(take(41));
    assert.equal(spool.state().diskProblem, undefined);
    const again = openSpool({
      folder: join(folder, 'spool'),
      clock,
      log: silentLog,
      bootId: 'aa'.repeat(16),
    });
    assert.equal(again.taken.sequence, 41);
    spool.stop();
  } finally {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  }
});
