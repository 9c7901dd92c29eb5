import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { silentLog } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labMachine, labTarget } from '@maille/testkit/link-lab';
import type { ExperimentNews, ExperimentPlan, ExperimentSecond } from '@maille/wire/experiment';
import type { Machine } from '@maille/wire/rest/machines';
import { defaultSettings } from '@maille/wire/rest/operations';
import type { NewAuditEntry } from '../audit/audit-log.ts';
import { createExperiments } from './experiments.ts';

const idOf = (n: number) => labMachine(n).id;
const plan: ExperimentPlan = {
  addresses: ['127.0.0.1'],
  fromRate: 1,
  toRate: 10,
  steps: 2,
  ramp: 'linear',
  stepSeconds: 2,
  timeoutMs: 500,
  maxLossPercent: 5,
};
const figures = { rate: 1, sent: 1, replies: 1, lost: 0, notSent: 0, p50Ns: 1, p95Ns: 1, p99Ns: 1, maxNs: 1 };
const row = (second: number): ExperimentSecond => ({ second, step: 0, ...figures });

async function setUp(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'maille-experiments-'));
  const clock = createFakeClock();
  const database = await openSqliteDatabase(join(folder, 'maille.sqlite'), silentLog);
  const bus = createLocalBus(silentLog);
  const machines = new Map([labMachine(1), labMachine(2)].map((one) => [one.id, one]));
  const said: string[] = [];
  const audited: NewAuditEntry[] = [];
  let refusal: Problem | undefined;
  const open = () =>
    createExperiments({
      database,
      bus,
      clock,
      log: silentLog,
      audit: { record: async (entry) => void audited.push(entry) },
      machines,
      targets: { list: () => ({ revision: 1, targets: [labTarget(1, { host: '127.0.0.1' })] }) },
      settings: () => defaultSettings,
      link: {
        async ask(_machine, method) {
          said.push(method);
          if (refusal) throw refusal;
        },
        say: (_machine, method) => void said.push(method),
      },
    });
  const experiments = await open();
  context.after(async () => {
    await experiments.stop();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    bus,
    clock,
    machines,
    said,
    audited,
    open,
    experiments,
    refuse(problem: Problem | undefined) {
      refusal = problem;
    },
    tell: (id: number, news: Partial<ExperimentNews>, n = 1) =>
      bus.publish('experiments', { machineId: idOf(n), news: { id, seconds: [], steps: [], ...news } }),
    change(one: Machine) {
      machines.set(one.id, one);
      bus.publish('machines', { put: [one], remove: [] });
    },
    /** The end is written to the database before it is there for good. */
    async ended(id: number) {
      for (;;) {
        const { experiment } = await experiments.read(id, 0);
        if (experiment.end !== undefined) return experiment.end;
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

test('says twice a second that it may go on, keeps what comes, and knows the end', async (context) => {
  const { clock, said, experiments, tell, ended, audited } = await setUp(context);
  const { id } = await experiments.start(idOf(1), plan, 'me');
  await clock.advance(2_000);
  assert.deepEqual(said, ['experiment.start', ...new Array(4).fill('experiment.keepalive')]);
  tell(id, { seconds: [row(0), row(1)] });
  tell(id, { seconds: [row(1), row(2)], steps: [{ step: 0, ...figures }] });
  tell(id, { seconds: [row(9)] }, 2); // another machine has no say in it
  assert.deepEqual(
    (await experiments.read(id, 1)).seconds.map(({ second }) => second),
    [1, 2],
  );
  tell(id, { ended: 'loss' });
  assert.equal(await ended(id), 'loss');
  said.length = 0;
  await clock.advance(5_000);
  assert.deepEqual(said, []);
  const [listed] = await experiments.list(10);
  assert.deepEqual([listed?.end, listed?.steps.length, listed?.startedBy], ['loss', 1, 'me']);
  assert.deepEqual(
    audited.map(({ action, outcome }) => [action, outcome]),
    [['experiment.ended', 'failed']],
  );
});

test('what is in view: the latest, seconds of those that run; each news once, the end too', async (context) => {
  const { bus, experiments, tell, ended, refuse } = await setUp(context);
  const told: string[] = [];
  bus.subscribe('experiment-states', ({ id, put, removed, seconds }) => {
    const state = removed ? 'removed' : put ? (put.end ?? 'runs') : '';
    told.push(`${id} ${state} ${seconds.map(({ second }) => second).join(',')}`);
  });
  const { id } = await experiments.start(idOf(1), plan, 'me');
  tell(id, { seconds: [row(0), row(1)] });
  tell(id, { seconds: [row(1), row(2)], steps: [{ step: 0, ...figures }] });
  tell(id, {});
  const { experiments: listed, seconds } = await experiments.inView(10);
  assert.deepEqual([listed[0]?.id, listed[0]?.steps.length], [id, 1]);
  assert.deepEqual(
    seconds.map((one) => [one.id, one.seconds.length]),
    [[id, 3]],
  );
  tell(id, { ended: 'loss' });
  assert.equal(await ended(id), 'loss');
  refuse(new Problem('unavailable', 'no sensor'));
  await assert.rejects(experiments.start(idOf(1), plan, 'me'));
  assert.deepEqual(told, [`${id} runs `, `${id}  0,1`, `${id} runs 2`, `${id} loss `, `${id + 1} removed `]);
  while ((await experiments.inView(10)).seconds.length > 0) await new Promise(setImmediate);
});

test('one at a time a machine; what cannot begin leaves nothing', async (context) => {
  const { experiments, refuse, machines } = await setUp(context);
  refuse(new Problem('unavailable', 'no sensor'));
  await assert.rejects(experiments.start(idOf(1), plan, 'me'), /no sensor/);
  assert.deepEqual(await experiments.list(10), []);
  refuse(undefined);
  await experiments.start(idOf(1), plan, 'me');
  const field = (at: string) => (problem: Problem) => problem.field === at;
  await assert.rejects(experiments.start(idOf(1), plan, 'me'), field('/machineId'));
  await experiments.start(idOf(2), plan, 'me');
  machines.set(idOf(3), labMachine(3, { connected: false }));
  await assert.rejects(experiments.start(idOf(3), plan, 'me'), field('/machineId'));
  await assert.rejects(
    experiments.start(idOf(3), { ...plan, addresses: ['127.0.0.2'] }, 'me'),
    field('/plan/addresses/0'),
  );
  assert.equal((await experiments.list(10)).length, 2);
});

test('over when its machine goes, or says nothing for a while', async (context) => {
  const { clock, experiments, change, ended, tell } = await setUp(context);
  const gone = await experiments.start(idOf(1), plan, 'me');
  change(labMachine(1, { connected: false }));
  assert.equal(await ended(gone.id), 'agent-lost');
  change(labMachine(1));
  const silent = await experiments.start(idOf(1), plan, 'me');
  await clock.advance(4_000);
  tell(silent.id, { seconds: [row(0)] });
  await clock.advance(5_000);
  assert.equal((await experiments.read(silent.id, 0)).experiment.end, undefined);
  await clock.advance(1_000);
  assert.equal(await ended(silent.id), 'agent-lost');
});

test('the button asks, and does not wait for ever', async (context) => {
  const { clock, said, experiments, tell } = await setUp(context);
  const { id } = await experiments.start(idOf(1), plan, 'me');
  const stopped = experiments.halt(id);
  assert.equal(said.at(-1), 'experiment.stop');
  tell(id, { seconds: [row(0)], ended: 'stopped' });
  assert.equal((await stopped).end, 'stopped');
  assert.equal((await experiments.halt(id)).end, 'stopped');
  const deaf = await experiments.start(idOf(1), plan, 'me');
  const asked = experiments.halt(deaf.id);
  await clock.advance(4_000);
  assert.equal((await asked).end, 'stopped');
});

test('what a server left running when it died is over', async (context) => {
  const { experiments, open } = await setUp(context);
  const { id } = await experiments.start(idOf(1), plan, 'me');
  const next = await open();
  assert.equal((await next.read(id, 0)).experiment.end, 'server-restarted');
  await next.stop();
});
