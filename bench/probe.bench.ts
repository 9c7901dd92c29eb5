/**
 * Probing at scale: what ten thousand addresses a second cost, what is the most, and how true it is.
 * In network namespaces: nothing leaves the machine. Needs root.
 *
 *   npm run bench -- probe [--only compare,…] [--seconds N] [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { canMakeNamespaces } from '@maille/testkit/namespaces';
import { accuracy } from './probe/accuracy.ts';
import { ceiling } from './probe/ceiling.ts';
import { compare } from './probe/compare.ts';
import { type Figure, isMet, type RunPart } from './probe/figure.ts';
import { describeMachine } from './probe/machine.ts';
import { scale } from './probe/scale.ts';
import { serverLoad } from './probe/server-load.ts';

const parts: Record<string, RunPart> = { scale, compare, ceiling, accuracy, server: serverLoad };

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(parts).join(',') },
    seconds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function boundOf({ atMost, atLeast }: Figure): string {
  if (atMost !== undefined) return `at most ${atMost}`;
  return atLeast === undefined ? '' : `at least ${atLeast}`;
}

function print(part: string, figures: readonly Figure[]): void {
  console.log(`\n${part}`);
  for (const figure of figures) {
    const { name, value, unit } = figure;
    const text = Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2);
    const bound = boundOf(figure);
    const verdict = bound === '' ? '' : isMet(figure) ? 'met' : 'MISSED';
    console.log(`  ${name.padEnd(44)} ${text.padStart(12)} ${unit.padEnd(8)} ${bound.padEnd(16)} ${verdict}`);
  }
}

async function main(): Promise<boolean> {
  if (!canMakeNamespaces) throw new Error('needs root: network namespaces and raw sockets');
  const wanted = values.only.split(',');
  const unknown = wanted.filter((name) => !(name in parts));
  if (unknown.length > 0)
    throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  const machine = describeMachine();
  if (!values.json)
    console.log(
      `${machine.cpus} x ${machine.cpu}, ${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node}`,
    );
  const folder = mkdtempSync(join(tmpdir(), 'maille-bench-'));
  const found: Record<string, Figure[]> = {};
  try {
    for (const name of wanted) {
      const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
      const figures = await (parts[name] as RunPart)({ folder, seconds, say: (line) => console.error(line) });
      found[name] = figures;
      if (!values.json) print(name, figures);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const passed = Object.values(found).flat().every(isMet);
  if (values.json) console.log(JSON.stringify({ machine, parts: found, passed }));
  else console.log(passed ? '\npassed' : '\nFAILED');
  return passed;
}

main().then(
  (passed) => process.exit(passed ? 0 : 1),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
