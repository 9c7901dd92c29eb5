/** A new experiment: its settings, and what it will do and touch, said before it does. */
import { parseIpAddress } from '@maille/base/ip-address';
import { createOwnAddresses } from '@maille/base/own-addresses';
import { useCall } from '@maille/ui/api/api.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import {
  BASELINE_SECONDS,
  ExperimentPlan,
  MAX_EXPERIMENT_ADDRESSES,
  MAX_EXPERIMENT_SECONDS,
  MAX_TOTAL_RATE,
} from '@maille/wire/experiment';
import { plannedProbes, plannedSeconds } from '@maille/wire/experiment-plan';
import { type Experiment, startExperiment } from '@maille/wire/rest/experiments';
import { getSettings } from '@maille/wire/rest/operations';
import { Button, Group, MultiSelect, NativeSelect, SegmentedControl, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useId, useMemo, useState } from 'react';
import Type, { type Static } from 'typebox';
import { useAction } from '../../app/action.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { fitsSchema, SchemaForm } from '../../parts/schema-form.tsx';
import { Section } from '../../parts/section.tsx';
import { useAgentName } from '../use-watch.ts';
import classes from './load.module.css';
import { loadText } from './load-text.ts';

/** What is a number of the plan; the rest has controls of its own. */
const Numbers = Type.Pick(ExperimentPlan, [
  'fromRate',
  'toRate',
  'steps',
  'stepSeconds',
  'timeoutMs',
  'maxLossPercent',
]);
type Numbers = Static<typeof Numbers>;

export interface LoadSettings {
  machineId: string;
  plan: ExperimentPlan;
}

export const gentle: Omit<ExperimentPlan, 'addresses'> = {
  fromRate: 1,
  toRate: 100,
  steps: 7,
  ramp: 'geometric',
  stepSeconds: 10,
  timeoutMs: 1_000,
  maxLossPercent: 5,
};

/** Why these settings cannot be, as a person sees it before the server says so. */
function useObstacle(plan: ExperimentPlan): string | undefined {
  const text = useText(loadText);
  const format = useFormat();
  if (plan.toRate < plan.fromRate) return text('reversed');
  const total = plan.toRate * plan.addresses.length;
  if (total > MAX_TOTAL_RATE)
    return text('overTotal', { rate: format.number(total), bound: format.number(MAX_TOTAL_RATE) });
  const seconds = plannedSeconds(plan);
  if (seconds > MAX_EXPERIMENT_SECONDS)
    return text('overTime', {
      duration: format.duration(seconds * 1_000),
      bound: format.duration(MAX_EXPERIMENT_SECONDS * 1_000),
    });
  return undefined;
}

/** Addresses that may be put under load: targets, and the operator's own. */
function useOwnHosts(): string[] | undefined {
  const call = useCall();
  const { data } = useLive('targets');
  const settings = useQuery({ queryKey: ['settings'], queryFn: () => call(getSettings) }).data?.settings;
  return useMemo(() => {
    if (!data || !settings) return undefined;
    const isOwn = createOwnAddresses(settings.ownPrefixes);
    const hosts = [...data.targets.values()].flatMap(({ host }) => {
      const address = parseIpAddress(host);
      return address && isOwn(address) ? [host] : [];
    });
    return [...new Set(hosts)];
  }, [data, settings]);
}

export function LoadForm({
  initial,
  onStarted,
}: {
  initial: LoadSettings | undefined;
  onStarted(experiment: Experiment): void;
}) {
  const text = useText(loadText);
  const call = useCall();
  const act = useAction();
  const machines = useLive('machines').data;
  const agentName = useAgentName();
  const hosts = useOwnHosts();
  const rampId = useId();
  const [machineId, setMachineId] = useState(initial?.machineId ?? '');
  const [plan, setPlan] = useState<ExperimentPlan>(initial?.plan ?? { ...gentle, addresses: [] });
  const set = (part: Partial<ExperimentPlan>) => setPlan((before) => ({ ...before, ...part }));
  const senders = useMemo(
    () => [...(machines?.values() ?? [])].filter(({ state, connected }) => state === 'approved' && connected),
    [machines],
  );
  const machine = senders.find(({ id }) => id === machineId) ?? senders[0];
  const obstacle = useObstacle(plan);
  const complete = machine !== undefined && fitsSchema(ExperimentPlan, plan) && obstacle === undefined;

  if (hosts !== undefined && hosts.length === 0)
    return (
      <EmptyState icon="target" sentence={text('addressesNone')}>
        <Button component={Link} to="/targets" search={{ add: '1' } as never}>
          {text('addTargets')}
        </Button>
      </EmptyState>
    );

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!complete) return;
    void act({
      doing: text('starting'),
      run: () => call(startExperiment, { body: { machineId: machine.id, plan } }),
      done: () => text('started'),
    }).then((experiment) => experiment && onStarted(experiment));
  };
  const words = (field: string) => {
    const name = field as keyof Numbers;
    return { label: text(name), hint: text(`${name}Hint`) };
  };
  const { addresses: _addresses, ramp: _ramp, ...numbers } = plan;
  return (
    <Section title={text('setUp')}>
      <form onSubmit={onSubmit}>
        <Stack gap="md">
          <div className={classes.fields}>
            <NativeSelect
              label={text('machine')}
              value={machine?.id ?? ''}
              onChange={(event) => setMachineId(event.currentTarget.value)}
              data={senders.map((one) => ({ value: one.id, label: agentName(one.agentNumber) }))}
              error={machines !== undefined && senders.length === 0 && text('noMachine')}
            />
            <Stack gap={6}>
              <Text size="sm" fw={500} id={rampId}>
                {text('ramp')}
              </Text>
              <SegmentedControl
                aria-labelledby={rampId}
                value={plan.ramp}
                onChange={(ramp) => set({ ramp: ramp as ExperimentPlan['ramp'] })}
                data={[
                  { value: 'geometric', label: text('geometric') },
                  { value: 'linear', label: text('linear') },
                ]}
              />
            </Stack>
            <MultiSelect
              className={classes.whole as string}
              label={text('addresses')}
              description={text('addressesHint', { count: MAX_EXPERIMENT_ADDRESSES })}
              data={hosts ?? []}
              searchable
              limit={100}
              maxValues={MAX_EXPERIMENT_ADDRESSES}
              value={plan.addresses}
              onChange={(addresses) => set({ addresses })}
            />
          </div>
          <SchemaForm<Numbers> schema={Numbers} value={numbers} onChange={set} words={words} />
          <div className={classes.plan} role="note" aria-label={text('willDo')}>
            <strong>{text('willDo')}</strong>
            {obstacle ? (
              <p className={classes.wrong}>{obstacle}</p>
            ) : complete ? (
              <WillDo plan={plan} machine={agentName(machine.agentNumber)} />
            ) : (
              <p className="maille-dimmed">{text('chooseFirst')}</p>
            )}
          </div>
          <Group>
            <Button type="submit" disabled={!complete}>
              {text('start')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}

function WillDo({ plan, machine }: { plan: ExperimentPlan; machine: string }) {
  const text = useText(loadText);
  const format = useFormat();
  return (
    <>
      <p>
        {text('willSend', {
          machine,
          probes: format.number(plannedProbes(plan)),
          count: plan.addresses.length,
          duration: format.duration(plannedSeconds(plan) * 1_000),
          rate: format.number(plan.toRate * plan.addresses.length),
        })}
      </p>
      <p>{text('willBaseline', { seconds: BASELINE_SECONDS })}</p>
      <p>{text('willStop', { limit: format.percent(plan.maxLossPercent / 100) })}</p>
      <p>{text('willTouch')}</p>
    </>
  );
}
