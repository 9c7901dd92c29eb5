/** A full disk, for real: a small tmpfs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import type { Problem } from '@maille/base/problem';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { assertAsModel, batchOf, createSeriesModel, type SampleRow } from '../series-model.ts';
import { openEmbeddedSeries } from './embedded-series.ts';

const skip = process.getuid?.() === 0 ? false : 'needs root to mount a small file system';
const START = Date.UTC(2026, 4, 10, 12);
const epoch = '00000000000000aa';

test('a full disk refuses batches whole, and goes on by itself once there is room', { skip }, async (t) => {
  const mount = mkdtempSync(join(tmpdir(), 'maille-full-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', mount]);
  } catch {
    rmSync(mount, { recursive: true });
    t.skip('root may not mount here');
    return;
  }
  try {
    const clock = createFakeClock(START);
    const folder = join(mount, 'series');
    const model = createSeriesModel();
    const ballast = join(mount, 'ballast');
    let store = await openEmbeddedSeries({ folder, clock, log: silentLog });
    writeFileSync(ballast, Buffer.alloc(1_500_000));
    const refused = new Set<number>();
    const append = (sequence: number) => {
      const rows = Array.from(
        { length: 500 },
        (_, i): SampleRow => [1 + (i % 40), clock.wallMs() + i, 1_000 * i],
      );
      const source = { agentNumber: 1, epoch, sequence };
      const batch = batchOf(rows);
      try {
        store.append(source, batch);
        model.append(source, batch);
      } catch (error) {
        assert.equal((error as Problem).code, 'unavailable');
        assert.ok((error as Problem).remedy);
        refused.add(sequence);
      }
    };
    for (let sequence = 1; sequence <= 200; sequence++) {
      append(sequence);
      await clock.advance(1_000);
    }
    assert.ok(refused.size > 0 && refused.size < 200, `${refused.size} refused`);
    const targets = [1, 17, 40];
    await assertAsModel(store, model, targets, START, START + 3_600_000);

    rmSync(ballast);
    await clock.advance(15_000); // the pause after a failure
    const before = refused.size;
    append(1_000);
    assert.equal(refused.size, before, 'takes samples again');
    await clock.advance(120_000);
    await store.retain(3_650, 3_650);
    await assertAsModel(store, model, targets, START, START + 3_600_000);
    for (const sequence of refused)
      assert.ok(!store.appended(1, epoch).some(([from, to]) => from <= sequence && sequence <= to));
    await store.stop();
    store = await openEmbeddedSeries({ folder, clock, log: silentLog });
    await assertAsModel(store, model, targets, START, START + 3_600_000);
    await store.stop();
  } finally {
    execFileSync('umount', [mount]);
    rmSync(mount, { recursive: true });
  }
});
