import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { holdDataDir } from './hold-data-dir.ts';

test('a data folder has one holder, by whatever path it is reached, until it is let go', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maille-hold-'));
  const other = mkdtempSync(join(tmpdir(), 'maille-hold-'));
  const link = join(other, 'link');
  symlinkSync(folder, link);
  try {
    const held = await holdDataDir(folder);
    await assert.rejects(holdDataDir(folder), /runs already/);
    await assert.rejects(holdDataDir(link), /runs already/);
    const beside = await holdDataDir(other);
    await held.stop();
    const again = await holdDataDir(link);
    await Promise.all([again.stop(), beside.stop()]);
  } finally {
    rmSync(folder, { recursive: true });
    rmSync(other, { recursive: true });
  }
});
