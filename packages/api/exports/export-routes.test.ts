/** An export goes on while somebody takes it, and no longer; a scrape is made once a second at most. */
import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { test } from 'node:test';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Problem } from '@maille/base/problem';
import type { RawSeries } from '@maille/store/series/series-store';
import { eventually } from '@maille/testkit/eventually';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labTarget } from '@maille/testkit/link-lab';
import type { Context } from '../http/handler.ts';
import { createExportRoutes, MAX_EXPORTS, MAX_EXPORTS_A_PERSON } from './export-routes.ts';

const START = Date.UTC(2026, 0, 10);
const HOUR_MS = 3_600_000;

function setUp(rowsAnHour: number) {
  const clock = createFakeClock(START);
  let reads = 0;
  let scrapes = 0;
  let turns = 0;
  const series = {
    async readRaw(_id: number, fromMs: number): Promise<RawSeries[]> {
      reads++;
      const sentAtMs = Float64Array.from({ length: rowsAnHour }, (_, i) => fromMs + i);
      const rttsNs = new Float64Array(rowsAnHour);
      const zeros = new Uint8Array(rowsAnHour);
      return [
        { agentNumber: 1, count: rowsAnHour, sentAtMs, rttsNs, outcomes: zeros, codes: zeros } as never,
      ];
    },
  };
  const routes = createExportRoutes({
    targets: { list: () => ({ revision: 1, targets: [labTarget(1)] }) },
    lines: { series: series as never, agentName: String },
    metrics: {
      targets: () => [],
      machines: () => [],
      totals: { each: () => void scrapes++, stop() {} },
      influx: () => ({ queued: 0, written: 0, dropped: 0, refused: 0, problem: undefined }),
      clock,
      version: '1.2.3',
    },
    incidents: { recentFor: () => [] },
  });
  const contextOf = (personId: number, answerStream: (stream: Readable) => void) =>
    ({
      caller: { kind: 'person', role: 'viewer', teamIds: [], personId, login: 'ada' },
      answerStream,
      inTurn: (work: () => Promise<unknown>) => {
        turns++;
        return work();
      },
    }) as unknown as Context;
  const start = (hours: number, personId = 1, prefix?: string): Readable => {
    let begun: Readable | undefined;
    const query = { fromMs: START - hours * HOUR_MS, toMs: START, format: 'csv' as const, prefix };
    routes.exportSeries(
      { params: {}, query, body: undefined } as never,
      contextOf(personId, (stream) => {
        begun = stream;
      }),
    );
    return begun as Readable;
  };
  const scrape = () =>
    routes.getMetrics(
      { params: {}, query: {}, body: undefined } as never,
      contextOf(1, () => {}),
    );
  return { clock, start, scrape, reads: () => reads, turns: () => turns, scrapes: () => scrapes };
}

test('a few at a time, each person; one that is over makes room', async () => {
  const { start } = setUp(1);
  const some = Array.from({ length: MAX_EXPORTS_A_PERSON }, () => start(24));
  assert.throws(
    () => start(24),
    (problem: Problem) => problem.code === 'too-many' && problem.retryAfterSeconds !== undefined,
  );
  const other = start(24, 2);
  some[0]?.destroy();
  await eventually('there is room', () => {
    try {
      some.push(start(24));
      return true;
    } catch {
      return false;
    }
  });
  for (const one of [...some, other]) one.destroy();
});

test('of all people together there is a bound too', () => {
  const { start } = setUp(1);
  const some = Array.from({ length: MAX_EXPORTS }, (_, i) => start(24, 1 + Math.floor(i / 2)));
  assert.throws(
    () => start(24, 1_000),
    (problem: Problem) => problem.code === 'unavailable' && problem.retryAfterSeconds !== undefined,
  );
  for (const one of some) one.destroy();
});

test('a prefix is any prefix, or one address; what is none is said to be', () => {
  const { start } = setUp(1);
  const { host } = labTarget(1);
  for (const prefix of [`${host}/32`, host, `${host}/9`, '0.0.0.0/0']) start(1, 1, prefix).destroy();
  const problemOf = (prefix: string): Problem => {
    try {
      start(1, 1, prefix).destroy();
    } catch (error) {
      return error as Problem;
    }
    throw new Error(`${prefix} was taken`);
  };
  for (const prefix of ['192.0.2.0/24', '::/0', 'names'])
    assert.equal(problemOf(prefix).code, 'not-found', prefix);
  for (const prefix of ['hello', `${host}/240`, '']) {
    assert.equal(problemOf(prefix).code, 'invalid', prefix);
    assert.equal(problemOf(prefix).field, '/prefix');
  }
});

test('each slice of an export waits for its turn', async () => {
  const { start, reads, turns } = setUp(1);
  for await (const _chunk of start(24));
  assert.ok(reads() >= 24);
  assert.equal(turns(), reads());
});

test('when its reader goes, an export that finds nothing for years stops reading', async () => {
  const { start, reads } = setUp(0);
  const stream = start(3_000 * 24);
  stream.resume();
  await eventually('it reads', () => reads() > 10);
  stream.destroy();
  await eventually('it is closed', () => stream.closed);
  const then = reads();
  for (let i = 0; i < 50; i++) await breathe();
  assert.ok(reads() <= then + 1, `${reads() - then} reads after the end`);
});

test('an export that nobody takes further is ended', async () => {
  const { clock, start, reads } = setUp(5_000);
  const stream = start(24);
  stream.read(0);
  await eventually('some is there', () => stream.readableLength > 0);
  await clock.advance(599_000);
  assert.equal(stream.destroyed, false);
  await clock.advance(2_000);
  assert.equal(stream.destroyed, true);
  assert.ok(reads() < 24);
});

test('who scrapes again at once gets the same text', async () => {
  const { clock, scrape, scrapes } = setUp(0);
  for (let i = 0; i < 10; i++) await scrape();
  assert.equal(scrapes(), 1);
  await clock.advance(1_001);
  await scrape();
  assert.equal(scrapes(), 2);
});
