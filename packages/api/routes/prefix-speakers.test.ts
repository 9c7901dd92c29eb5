/** The choice follows targets, settings and silence; agents are told of what changed, and of nothing else. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { silentLog } from '@maille/base/log';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { labTarget } from '@maille/testkit/link-lab';
import { defaultSettings } from '@maille/wire/rest/operations';
import type { Target } from '@maille/wire/rest/targets';
import type { TracePlan } from '@maille/wire/traceroute';
import { BELIEVED_SILENT_MS, createPrefixSpeakers } from './prefix-speakers.ts';

const inPrefix = (id: number) => labTarget(id, { prefix: '10.0.0.0/24' });

function lab() {
  const clock = createFakeClock();
  const bus = createLocalBus(silentLog);
  let list: Target[] = [inPrefix(1), inPrefix(2)];
  let settings = defaultSettings;
  const silentSince = new Map<number, number>();
  const told: number[][] = [];
  const speakers = createPrefixSpeakers({
    targets: {
      list: () => ({ revision: 1, targets: list }),
      get: (id) => list.find((one) => one.id === id),
      async setPrefixPlans(plans: ReadonlyMap<number, TracePlan>) {
        told.push([...plans.keys()]);
      },
    },
    pulse: {
      state: ({ id }) => {
        const sinceMs = silentSince.get(id);
        return sinceMs === undefined ? { state: 'answering' } : { state: 'silent', sinceMs };
      },
    },
    settings: () => settings,
    isKnown: () => false,
    bus,
    clock,
    log: silentLog,
  });
  return {
    clock,
    bus,
    told,
    speakers,
    silence: (id: number) => silentSince.set(id, clock.wallMs()),
    wake: (id: number) => silentSince.delete(id),
    publish(put: Target[], remove: number[]) {
      list = [...list.filter(({ id }) => !remove.includes(id)), ...put];
      bus.publish('targets', { baseRevision: 1, revision: 1, put, remove });
    },
    set(change: Partial<typeof settings>) {
      settings = { ...settings, ...change };
      bus.publish('settings', settings);
    },
  };
}

test('a short silence changes nothing, a long one does, and the new one stays', async () => {
  const { clock, told, speakers, silence, wake } = lab();
  await speakers.keep();
  assert.deepEqual(told.at(-1), [1]);
  silence(1);
  await clock.advance(BELIEVED_SILENT_MS - 30_000);
  assert.deepEqual(told.at(-1), [1]);
  await clock.advance(60_000);
  assert.deepEqual(told.at(-1), [2]);
  wake(1);
  await clock.advance(60_000);
  assert.deepEqual(told.at(-1), [2]);
  assert.equal(speakers.speakerOf(1), 2);
  speakers.stop();
});

test('another is chosen soon after the one is deleted; news that change nothing cost nothing', async () => {
  const { clock, told, speakers, publish } = lab();
  await speakers.keep();
  const before = told.length;
  publish([inPrefix(3)], []);
  await clock.advance(1_000);
  assert.equal(told.length, before, 'its prefix has who speaks for it');
  publish([], [1]);
  await clock.advance(1_000);
  assert.deepEqual(told.at(-1), [2]);
  publish([labTarget(9, { prefix: '10.0.9.0/24' })], []);
  await clock.advance(1_000);
  assert.deepEqual(told.at(-1), [2, 9]);
  speakers.stop();
});

test('the switch ends it', async () => {
  const { clock, told, speakers, set } = lab();
  await speakers.keep();
  set({ traceroutePrefixes: false });
  await clock.advance(1_000);
  assert.deepEqual(told.at(-1), []);
  assert.equal(speakers.speakerOf(1), undefined);
  speakers.stop();
});
