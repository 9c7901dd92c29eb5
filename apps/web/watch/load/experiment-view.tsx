/** One experiment: how far it is, the button that stops it, and what it has shown so far. */
import { csvText } from '@maille/base/csv';
import { useCall } from '@maille/ui/api/api.tsx';
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useNow } from '@maille/ui/time/time.tsx';
import type { ExperimentSecond, ExperimentStep } from '@maille/wire/experiment';
import { plannedSeconds, ratesOf } from '@maille/wire/experiment-plan';
import { type Experiment, stopExperiment } from '@maille/wire/rest/experiments';
import { Button, Group, Kbd, Progress, Stack, Text } from '@mantine/core';
import { useAction } from '../../app/action.tsx';
import { Section } from '../../parts/section.tsx';
import { usePageKeys } from '../../shell/use-shortcuts.ts';
import { downloadText } from '../../table/download-file.ts';
import { useMachineName } from '../use-watch.ts';
import classes from './load.module.css';
import { loadText } from './load-text.ts';
import { RateChart } from './rate-chart.tsx';
import type { ExperimentDetail } from './use-experiments.ts';

export function ExperimentView({ detail, onBack }: { detail: ExperimentDetail; onBack(): void }) {
  const text = useText(loadText);
  const format = useFormat();
  const { experiment, seconds } = detail;
  const { plan, end } = experiment;
  const machineName = useMachineName()(experiment.machineId, experiment.machineName);
  const rates = ratesOf(plan);
  const file = `load-${experiment.id}`;
  return (
    <>
      <Section
        title={`${machineName} → ${format.list(plan.addresses.slice(0, 3))}${plan.addresses.length > 3 ? ' …' : ''}`}
        lede={`${format.dateTime(experiment.startedAtMs)} · ${experiment.startedBy}`}
        actions={
          end !== undefined && (
            <Button variant="default" onClick={onBack}>
              {text('back')}
            </Button>
          )
        }
      >
        {end === undefined ? (
          <RunningState experiment={experiment} rates={rates} last={seconds.at(-1)} />
        ) : (
          <Text fw={600}>{text(end)}</Text>
        )}
      </Section>
      <Section title={text('chart')}>
        <RateChart steps={experiment.steps} rates={rates} maxLossPercent={plan.maxLossPercent} />
      </Section>
      <Section
        title={text('figures')}
        actions={
          <Group gap="sm">
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<Icon name="download" />}
              onClick={() => downloadText(`${file}-steps.csv`, 'text/csv', csvOf(experiment.steps))}
            >
              {text('exportSteps')}
            </Button>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<Icon name="download" />}
              onClick={() => downloadText(`${file}-seconds.csv`, 'text/csv', csvOf(seconds))}
            >
              {text('exportSeconds')}
            </Button>
          </Group>
        }
      >
        <StepTable steps={experiment.steps} />
      </Section>
    </>
  );
}

function RunningState({
  experiment,
  rates,
  last,
}: {
  experiment: Experiment;
  rates: readonly number[];
  last: ExperimentSecond | undefined;
}) {
  const text = useText(loadText);
  const format = useFormat();
  const call = useCall();
  const act = useAction();
  const now = useNow();
  const { plan, startedAtMs, id } = experiment;
  const wholeMs = plannedSeconds(plan) * 1_000;
  const goneMs = Math.min(wholeMs, Math.max(0, now - startedAtMs));
  const step = Math.min(rates.length - 1, stepAt(plan, goneMs / 1_000));
  const stop = () =>
    void act({
      doing: text('stopping'),
      run: () => call(stopExperiment, { params: { id } }),
      done: () => text('stoppedDone'),
    });
  usePageKeys({ x: stop });
  return (
    <Stack gap="sm">
      <div className={classes.run}>
        <Button color="red" size="lg" onClick={stop} leftSection={<Icon name="cross" />}>
          {text('stop')}
        </Button>
        <div className={classes.state}>
          <p role="status">
            <strong>
              {step === 0
                ? text('baselineNow')
                : text('runningNow', {
                    step,
                    steps: rates.length - 1,
                    rate: format.number(rates[step] as number, 1),
                  })}
            </strong>
          </p>
          <p>
            {text('since', { duration: format.duration(goneMs) })} ·{' '}
            {text('left', { duration: format.duration(wholeMs - goneMs) })} ·{' '}
            <span className="maille-dimmed">
              {text('stopHint')} <Kbd>x</Kbd>
            </span>
          </p>
          <p>
            {last
              ? text('lastSecond', { sent: last.sent, lost: last.lost, median: format.rtt(last.p50Ns) })
              : text('waiting')}
          </p>
        </div>
      </div>
      <Progress aria-label={text('progress')} value={(100 * goneMs) / wholeMs} />
    </Stack>
  );
}

function stepAt(plan: Experiment['plan'], second: number): number {
  const loadedFrom = plannedSeconds(plan) - plan.steps * plan.stepSeconds;
  return second < loadedFrom ? 0 : 1 + Math.floor((second - loadedFrom) / plan.stepSeconds);
}

function StepTable({ steps }: { steps: readonly ExperimentStep[] }) {
  const text = useText(loadText);
  const format = useFormat();
  if (steps.length === 0) return <Text c="dimmed">{text('waiting')}</Text>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className={classes.scroll} tabIndex={0}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col" className={classes.left}>
              {text('stepColumn')}
            </th>
            <th scope="col">{text('rateColumn')}</th>
            <th scope="col">{text('sentColumn')}</th>
            <th scope="col">{text('lostColumn')}</th>
            <th scope="col">{text('notSentColumn')}</th>
            <th scope="col">{text('medianColumn')}</th>
            <th scope="col">p95</th>
            <th scope="col">p99</th>
            <th scope="col">{text('maxColumn')}</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <tr key={step.step}>
              <td className={classes.left}>{step.step === 0 ? text('withoutLoad') : step.step}</td>
              <td>{text('rateOf', { rate: format.number(step.rate, 1) })}</td>
              <td>{format.number(step.sent)}</td>
              <td>
                {format.number(step.lost)}
                {step.lost > 0 && ` (${format.percent(step.lost / step.sent)})`}
              </td>
              <td>{format.number(step.notSent)}</td>
              <td>{format.rtt(step.p50Ns)}</td>
              <td>{format.rtt(step.p95Ns)}</td>
              <td>{format.rtt(step.p99Ns)}</td>
              <td>{format.rtt(step.maxNs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const columns = [
  'step',
  'rate',
  'sent',
  'replies',
  'lost',
  'notSent',
  'p50Ns',
  'p95Ns',
  'p99Ns',
  'maxNs',
] as const;

function csvOf(rows: readonly (ExperimentStep | ExperimentSecond)[]): string {
  const withSecond = rows.some((row) => 'second' in row);
  return csvText(
    [...(withSecond ? ['second'] : []), ...columns],
    rows.map((row) => [
      ...('second' in row ? [String(row.second)] : []),
      ...columns.map((column) => String(row[column] ?? '')),
    ]),
  );
}
