import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { proveCrashes } from './crash-proof.ts';

test('a kill -9 at any moment loses nothing acknowledged, and doubles nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-crash-'));
  try {
    const figures = await proveCrashes(folder, 6, Math.random, silentLog);
    assert.ok(figures.acknowledged > 100, 'the writer wrote');
    assert.ok(figures.closed > 0, 'days were closed meanwhile');
    const { missing, doubled, wrong, complaints } = figures;
    assert.deepEqual(
      { missing, doubled, wrong, complaints },
      { missing: 0, doubled: 0, wrong: 0, complaints: [] },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
