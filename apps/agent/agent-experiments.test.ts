import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '@maille/base/problem';
import type { ExperimentNews } from '@maille/wire/experiment';
import { createAgentExperiments } from './agent-experiments.ts';

const plan = {
  addresses: ['127.0.0.1'],
  fromRate: 1,
  toRate: 10,
  steps: 2,
  ramp: 'linear' as const,
  stepSeconds: 2,
  timeoutMs: 500,
  maxLossPercent: 5,
};

function setUp() {
  const said: string[] = [];
  const told: ExperimentNews[] = [];
  const world = { sensor: true, probing: true, own: undefined as string[] | undefined };
  const experiments = createAgentExperiments(
    () => ({
      experiment({ type, id }) {
        if (world.sensor) said.push(`${type} ${id}`);
        return world.sensor;
      },
    }),
    () => world.probing,
    () => world.own,
    (news) => told.push(news),
  );
  return { experiments, said, told, world };
}
const refusal = (code: string) => (problem: Problem) => problem.code === code && problem.remedy !== undefined;

test('passes to the sensor what is of the one that runs, and back what came of it', () => {
  const { experiments, said, told } = setUp();
  experiments.start({ id: 4, plan });
  experiments.keepalive(4);
  experiments.keepalive(5);
  experiments.stop(5);
  assert.deepEqual(said, ['experiment-start 4', 'experiment-keepalive 4']);
  assert.throws(() => experiments.start({ id: 5, plan }), refusal('conflict'));
  experiments.news({ id: 3, seconds: [], steps: [], ended: 'stopped' });
  experiments.news({ id: 4, seconds: [], steps: [], ended: 'finished' });
  assert.deepEqual(
    told.map(({ id, ended }) => [id, ended]),
    [[4, 'finished']],
  );
  experiments.start({ id: 5, plan });
});

test('refuses what no sensor could do, or what is over the bounds', () => {
  const { experiments, said, world } = setUp();
  world.probing = false;
  assert.throws(() => experiments.start({ id: 1, plan }), refusal('unavailable'));
  world.probing = true;
  world.sensor = false;
  assert.throws(() => experiments.start({ id: 1, plan }), refusal('unavailable'));
  world.sensor = true;
  world.own = ['10.0.0.0/8'];
  assert.throws(() => experiments.start({ id: 1, plan }), refusal('forbidden'));
  world.own = undefined;
  assert.throws(() => experiments.start({ id: 1, plan: { ...plan, toRate: 0 } }), refusal('invalid'));
  assert.deepEqual(said, []);
  experiments.start({ id: 1, plan });
});

test('a link that is lost stops it; a sensor that is lost has ended it', () => {
  const { experiments, said, told } = setUp();
  experiments.linkLost();
  experiments.start({ id: 1, plan });
  experiments.linkLost();
  assert.deepEqual(said, ['experiment-start 1', 'experiment-stop 1']);
  experiments.sensorLost();
  experiments.sensorLost();
  assert.deepEqual(
    told.map(({ ended }) => ended),
    ['sensor-lost'],
  );
});
