/** However many ask at once: a few reads at a time, everybody in turn, nobody lost, and light routes answer. */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { after, before, test } from 'node:test';
import { setImmediate as breathe } from 'node:timers/promises';
import { silentLog } from '@maille/base/log';
import type { Problem } from '@maille/base/problem';
import { eventually } from '@maille/testkit/eventually';
import type { ProblemBody } from '@maille/wire/rest/problem';
import { routes } from '@maille/wire/rest/routes';
import fastify, { type FastifyInstance } from 'fastify';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Gate } from '../auth/gate.ts';
import type { Handlers } from './handler.ts';
import { createHeavyReads } from './heavy-reads.ts';
import { registerRoutes } from './register-routes.ts';

test('never more than the bound at once; all are done, by turns of who asks', async () => {
  const heavy = createHeavyReads({ atOnce: 2, places: 1_000, placesACaller: 1_000 });
  const order: string[] = [];
  let running = 0;
  let most = 0;
  const read = (caller: string) =>
    heavy.turn(caller, async () => {
      order.push(caller);
      most = Math.max(most, ++running);
      await breathe();
      running--;
    });
  const all = [...Array.from({ length: 100 }, () => 'greedy'), ...Array.from({ length: 5 }, () => 'modest')];
  await Promise.all(all.map(read));
  assert.equal(most, 2);
  assert.equal(order.length, 105);
  assert.ok(
    order.lastIndexOf('modest') <= 12,
    `${order.lastIndexOf('modest')} before the modest one is done`,
  );
});

test('a read that fails makes room as well', async () => {
  const heavy = createHeavyReads({ atOnce: 1, places: 1, placesACaller: 1 });
  await assert.rejects(
    heavy.turn('a', () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  await assert.rejects(
    heavy.turn('a', () => {
      throw new Error('at once');
    }),
    /at once/,
  );
  assert.equal(await heavy.turn('a', () => 5), 5);
});

test('places are bounded for each and for all, and come back once', () => {
  const heavy = createHeavyReads({ atOnce: 1, places: 3, placesACaller: 2 });
  const refusedAs = (code: Problem['code']) => (problem: Problem) =>
    problem.code === code && problem.remedy !== undefined && problem.retryAfterSeconds !== undefined;
  const [first] = [heavy.enter('a'), heavy.enter('a')];
  assert.throws(() => heavy.enter('a'), refusedAs('too-many'));
  heavy.enter('b');
  assert.throws(() => heavy.enter('c'), refusedAs('unavailable'));
  first?.();
  first?.();
  heavy.enter('c');
  assert.throws(() => heavy.enter('a'), refusedAs('unavailable'));
});

let app: FastifyInstance;
let port: number;
let running = 0;
let most = 0;
let begun = 0;
let gone = 0;
/** Ends the reads that run, one by one. */
const latches: (() => void)[] = [];
const agent = new Agent({ maxSockets: 1_000 });

before(async () => {
  const handlers = Object.fromEntries(
    routes.map(({ id, heavy }) => [
      id,
      async () => {
        if (!heavy) return { status: 'light' };
        begun++;
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => latches.push(resolve));
        running--;
        return { startMs: [], prefixes: [] };
      },
    ]),
  );
  const gate = {
    admitRequest: async ({ headers }: { headers: Record<string, string> }) => ({
      caller: {
        kind: 'person',
        personId: Number(headers['x-person']),
        role: 'admin',
        login: 'x',
        teamIds: [],
      },
      address: '127.0.0.1',
      host: 'localhost',
      secure: false,
    }),
  };
  app = fastify();
  app.addHook('onRequestAbort', (_request, done) => {
    gone++;
    done();
  });
  registerRoutes({
    app,
    handlers: handlers as unknown as Handlers,
    gate: gate as unknown as Gate,
    audit: { record: async () => {} } as unknown as AuditLog,
    heavyReads: createHeavyReads(),
    log: silentLog,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as { port: number }).port;
});
after(async () => {
  agent.destroy();
  await app?.close();
});

interface Answer {
  status: number;
  retryAfter: string | undefined;
  body: unknown;
}
function ask(path: string, person: number, signal?: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-person': String(person) };
    get(
      { host: '127.0.0.1', port, path: `/api/v1${path}`, headers, agent, ...(signal && { signal }) },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: response.headers['retry-after'],
            body: JSON.parse(Buffer.concat(chunks).toString()),
          }),
        );
      },
    ).on('error', reject);
  });
}
const STRIP = '/grid/strip?fromMs=0&toMs=60000';

test('two hundred at once: as many as have places are answered, two at a time, the others told when', async () => {
  let refused = 0;
  const asked = Array.from({ length: 200 }, async (_, i) => {
    const answer = await ask(STRIP, 1 + (i % 10));
    if (answer.status !== 200) refused++;
    return answer;
  });
  await eventually('all others are refused', () => refused === 200 - 64);
  assert.equal(begun, 2);
  assert.equal((await ask('/health', 99)).status, 200, 'a light route answers in between');
  let done = 0;
  while (done < 64) {
    await eventually('the next one reads', () => latches.length > 0);
    latches.shift()?.();
    done++;
  }
  const answers = await Promise.all(asked);
  assert.equal(answers.filter(({ status }) => status === 200).length, 64);
  assert.equal(most, 2);
  for (const { status, retryAfter, body } of answers.filter((one) => one.status !== 200)) {
    assert.equal(status, 503);
    assert.ok(Number(retryAfter) > 0);
    assert.ok((body as ProblemBody).remedy);
  }
});

test('one person alone has fewer places; who has gone is read nothing for', async () => {
  begun = 0;
  const leaving = new AbortController();
  const asked = Array.from({ length: 30 }, (_, i) => ask(STRIP, 1, i === 2 ? leaving.signal : undefined));
  const outcomes = Promise.allSettled(asked);
  await eventually('two read', () => latches.length === 2);
  const tooMany = await Promise.all(asked.slice(24));
  assert.deepEqual([...new Set(tooMany.map(({ status }) => status))], [429]);
  leaving.abort();
  await assert.rejects(asked[2] as Promise<Answer>);
  await eventually('it is noticed', () => gone === 1);
  while ((await Promise.race([outcomes, breathe()])) === undefined) latches.shift()?.();
  const statuses = (await outcomes).map((one) => (one.status === 'fulfilled' ? one.value.status : 0));
  assert.deepEqual(
    [200, 429, 0].map((status) => statuses.filter((one) => one === status).length),
    [23, 6, 1],
  );
  assert.equal(begun, 23);

  const again = Promise.all(Array.from({ length: 24 }, () => ask(STRIP, 1)));
  while ((await Promise.race([again, breathe()])) === undefined) latches.shift()?.();
  assert.ok(
    (await again).every(({ status }) => status === 200),
    'all places are free again',
  );
});
