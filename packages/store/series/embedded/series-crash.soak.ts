/** The long crash proof: `node series-crash.soak.ts [KILLS]`, 200 by default. Exits 1 on any loss. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '@maille/base/log';
import { proveCrashes } from './crash-proof.ts';

const kills = Number(process.argv[2] ?? 200);
const folder = mkdtempSync(join(tmpdir(), 'maille-crash-'));
const started = performance.now();
const figures = await proveCrashes(folder, kills, Math.random, silentLog);
console.log({ ...figures, seconds: Math.round((performance.now() - started) / 1_000) });
rmSync(folder, { recursive: true });
const { missing, doubled, wrong, complaints } = figures;
process.exit(missing + doubled + wrong + complaints.length === 0 ? 0 : 1);
