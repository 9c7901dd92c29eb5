/** Exports and metrics over a real store: what went in comes out, no more and no less, in both formats. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labFacts, labTarget } from '@maille/testkit/link-lab';
import {
  createSampleBatch,
  OUTCOME_DUPLICATE,
  OUTCOME_REPLY,
  OUTCOME_TIMEOUT,
  type SampleBatch,
} from '@maille/wire/link/samples';
import type { ExportQuery } from '@maille/wire/rest/exports';
import type { Machine } from '@maille/wire/rest/machines';
import { exportLines } from './export-lines.ts';
import { writeMetrics } from './metrics.ts';
import { createProbeTotals } from './probe-totals.ts';

const START = Date.UTC(2026, 0, 1);
const targets = Array.from({ length: 20 }, (_, i) => labTarget(i + 1));
const SECONDS = 180;

function secondOf(second: number): SampleBatch {
  const batch = createSampleBatch(targets.length, START + second * 1_000);
  batch.count = targets.length;
  targets.forEach(({ id }, i) => {
    batch.targetIds[i] = id;
    batch.offsetsUs[i] = i * 1_000;
    const lost = (second + id) % 10 === 0;
    batch.outcomes[i] = lost ? OUTCOME_TIMEOUT : OUTCOME_REPLY;
    batch.rtts10ns[i] = lost ? 0 : 100_000 + second * 100 + id;
  });
  return batch;
}

async function setUp(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'maille-export-'));
  const clock = createFakeClock(START);
  const series = await openEmbeddedSeries({ folder, clock, log: silentLog });
  context.after(async () => {
    await series.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  for (let second = 0; second < SECONDS; second++) {
    series.append({ agentNumber: 3, epoch: '00000000000000aa', sequence: second + 1 }, secondOf(second));
    await clock.advance(1_000);
  }
  await clock.advance(120_000);
  const source = { series, agentName: () => '=agent, "one"' };
  const lines = async (query: Omit<ExportQuery, 'fromMs' | 'toMs'>, chosen = targets) => {
    let text = '';
    const window = { fromMs: START + 30_000, toMs: START + 150_000 };
    for await (const chunk of exportLines(source, { ...window, ...query }, chosen)) text += chunk;
    return text;
  };
  return { clock, lines };
}

test('every sample of the window comes once, whether few targets are asked for or all', async (context) => {
  const { lines } = await setUp(context);
  const few = targets.slice(0, 2);
  const parse = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { target_id: number; time: string; rtt_ns: number | null; agent: string },
      );
  const key = (row: { target_id: number; time: string }) => `${row.target_id} ${row.time}`;
  const all = parse(await lines({ format: 'jsonl' }));
  assert.equal(all.length, targets.length * 120);
  assert.equal(new Set(all.map(key)).size, all.length);
  const chosen = parse(await lines({ format: 'jsonl' }, few));
  const same = all.filter(({ target_id }) => few.some(({ id }) => id === target_id));
  const sorted = (rows: typeof all) => [...rows].sort((a, b) => key(a).localeCompare(key(b)));
  assert.deepEqual(sorted(chosen), sorted(same));
  assert.equal(chosen.filter(({ rtt_ns }) => rtt_ns === null).length, 24);
  assert.equal(chosen[0]?.agent, '=agent, "one"');
});

test('CSV has a head, quotes what needs it, and no cell that a spreadsheet would run', async (context) => {
  const { lines } = await setUp(context);
  const [head, first] = (await lines({ format: 'csv' }, targets.slice(0, 1))).split('\r\n');
  assert.equal(head, 'time,target_id,host,probe,agent,agent_number,outcome,code,rtt_ns');
  assert.equal(first, `2026-01-01T00:00:30.000Z,1,127.0.0.1,icmp,"'=agent, ""one""",3,reply,0,1030010`);
  const minutes = (await lines({ format: 'csv', resolution: 'minute' }, targets.slice(0, 1)))
    .trimEnd()
    .split('\r\n');
  assert.match(minutes[0] as string, /^time,.*,sent,replies,min_ns,.*,p99_ns,max_ns,jitter_ns$/);
  assert.match(minutes[2] as string, /^2026-01-01T00:01:00\.000Z,1,.*,60,54,/);
});

test('metrics are counters of what came, of what the caller may see', async () => {
  const clock = createFakeClock(START);
  const bus = createLocalBus(silentLog);
  const there = new Set(targets.map(({ id }) => id));
  const totals = createProbeTotals(bus, (id) => there.has(id));
  for (let second = 0; second < 10; second++)
    bus.publish('samples', { agentNumber: 3, backlog: second < 5, batch: secondOf(second) });
  const twice = secondOf(10);
  twice.outcomes.fill(OUTCOME_DUPLICATE);
  bus.publish('samples', { agentNumber: 3, backlog: false, batch: twice });
  const machine = { agentNumber: 3, label: 'edge "1"', facts: labFacts, state: 'approved', connected: true };
  const machines = [
    { ...machine, id: 'c'.repeat(32) },
    { ...machine, id: 'd'.repeat(32), agentNumber: 4, connected: false },
  ] as Machine[];
  const scrape = () =>
    writeMetrics(
      {
        targets: () => targets,
        machines: () => machines,
        totals,
        influx: () => ({ queued: 1, written: 2, dropped: 3, refused: 4, problem: undefined }),
        clock,
        version: '1.2.3',
      },
      { sees: ({ id }) => id !== 2, incidents: [] },
    );
  const text = await scrape();
  const own = 'target="127.0.0.1",probe="icmp",prefix="127.0.0.0/24",agent="edge \\"1\\"",agent_number="3"';
  for (const line of [
    'maille_info{version="1.2.3"} 1',
    'maille_agent_connected{agent="edge \\"1\\"",agent_number="3"} 1',
    `maille_agent_info{agent="edge \\"1\\"",agent_number="3",machine_id="${'c'.repeat(32)}",version="0.1.0"} 1`,
    // A second machine of the same name is a series of its own, not a doubled sample.
    'maille_agent_connected{agent="edge \\"1\\"",agent_number="4"} 0',
    'maille_incidents_open{severity="severe"} 0',
    'maille_influx_dropped_samples_total 3',
    `maille_probes_sent_total{${own}} 10`,
    `maille_probes_replied_total{${own}} 9`,
    `maille_target_up{${own}} 0`, // second 9 of target 1 was lost
    `maille_probe_outcomes_total{${own},outcome="timeout"} 1`,
    `maille_probe_outcomes_total{${own},outcome="duplicate"} 1`,
  ])
    assert.ok(text.split('\n').includes(line), `${line} in:\n${text.slice(0, 3_000)}`);
  assert.doesNotMatch(text, /127\.0\.0\.2"/);
  there.delete(1);
  bus.publish('targets', { baseRevision: 1, revision: 2, put: [], remove: [1] });
  bus.publish('samples', { agentNumber: 3, backlog: false, batch: secondOf(11) }); // was under way
  totals.each(({ targetId }) => assert.notEqual(targetId, 1));
  assert.doesNotMatch(await scrape(), /target="127\.0\.0\.1"/);
  totals.stop();
});
