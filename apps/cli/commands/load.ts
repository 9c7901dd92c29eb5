/** `maille load`: the load experiment from a terminal. It is watched until it is over; Ctrl-C stops it. */
import {
  BASELINE_SECONDS,
  type ExperimentEnd,
  type ExperimentPlan,
  type ExperimentStep,
  ramps,
} from '@maille/wire/experiment';
import { checkExperimentPlan, plannedProbes, plannedSeconds } from '@maille/wire/experiment-plan';
import {
  type Experiment,
  getExperiment,
  listExperiments,
  startExperiment,
  stopExperiment,
} from '@maille/wire/rest/experiments';
import { listMachines } from '@maille/wire/rest/machines';
import { type CommandInput, defineCommand, UsageError } from '../arguments/command.ts';
import { parseDurationMs } from '../arguments/parse-duration.ts';
import { refuseArguments, requireAction, requireArguments } from '../arguments/require-action.ts';
import { chooseMachine, machineName } from '../connection/choose-machine.ts';
import { type Connection, connect } from '../connection/connect.ts';
import type { Context } from '../context.ts';
import { timeAgo } from '../terminal/relative-time.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

const options = {
  on: { type: 'string', takes: 'MACHINE', summary: 'start: which machine sends' },
  from: { type: 'string', takes: '1', default: '1', summary: 'probes a second to each address, first step' },
  to: { type: 'string', takes: '100', default: '100', summary: 'the same, last step; at most 1000' },
  steps: { type: 'string', takes: '7', default: '7', summary: 'how many steps' },
  ramp: {
    type: 'string',
    takes: ramps.join('|'),
    default: 'geometric',
    summary: 'equal ratios or differences',
  },
  'step-time': {
    type: 'string',
    takes: '10s',
    default: '10s',
    summary: 'how long each step lasts, 2s to 5m',
  },
  timeout: {
    type: 'string',
    takes: '1s',
    default: '1s',
    summary: 'a probe without an answer so long is lost',
  },
  'max-loss': { type: 'string', takes: '5%', default: '5%', summary: 'more loss over 3 s ends it' },
  yes: { type: 'boolean', summary: 'start: do it; without, it only says what it would do' },
} as const;

type Input = CommandInput<typeof options>;

const POLL_MS = 1_000;
const ends: Record<ExperimentEnd, string> = {
  finished: 'came to its last step',
  stopped: 'stopped by hand',
  loss: 'stopped: more loss than the limit',
  baseline: 'not begun: loss without any load',
  time: 'stopped: the bound on its duration',
  silence: 'stopped by itself: nobody said to go on',
  'agent-lost': 'stopped: the link of the machine went away',
  'sensor-lost': 'stopped: the sensor of the machine went away',
  'server-restarted': 'stopped: the server was started anew',
};

export const command = defineCommand({
  name: 'load',
  summary: 'probe own addresses faster and faster, until they suffer',
  usage: ['load [list]', 'load start --on MACHINE ADDRESS… [options] --yes', 'load show ID', 'load stop ID'],
  details:
    'An ADDRESS is a target that is private or in your own prefixes (Settings). The rate rises in steps, within bounds: 256 addresses, 1,000 probes a second each, 20,000 in all, 30 minutes. It stops at its end, at --max-loss, at load stop, and by itself when server or agent go away. start shows each step as it ends; Ctrl-C stops the experiment.',
  options,
  async run(context, input) {
    const { action, args } = requireAction('load', input.rest, ['list', 'start', 'show', 'stop'] as const);
    const connection = connect(context, input.dataDir);
    if (action === 'start') return start(context, connection, args, input);
    if (action === 'list') {
      refuseArguments(args, 'load list');
      const { experiments } = await connection.call(listExperiments, { query: { limit: 50 } });
      context.print(input.json ? JSON.stringify(experiments) : listTable(context, experiments));
      return 0;
    }
    const [word] = requireArguments(args, `load ${action} ID`);
    const id = Number(word);
    if (!Number.isInteger(id) || id < 1) throw new UsageError(`${word} is no number of an experiment.`);
    if (action === 'stop') {
      const experiment = await connection.call(stopExperiment, { params: { id } });
      context.print(input.json ? JSON.stringify(experiment) : `${id}: ${endWords(experiment)}.`);
      return 0;
    }
    const { experiment, seconds } = await connection.call(getExperiment, { params: { id }, query: {} });
    if (input.json) context.print(JSON.stringify({ ...experiment, seconds }));
    else {
      context.print(stepTable(experiment.steps, context.width));
      context.print(`${endWords(experiment)}.`);
    }
    return 0;
  },
});

async function start(
  context: Context,
  connection: Connection,
  args: string[],
  { values, json }: Input,
): Promise<number> {
  const addresses = requireArguments(args, 'load start --on MACHINE ADDRESS…');
  if (values.on === undefined) throw new UsageError('say which machine sends: --on MACHINE.');
  const plan = planOf(addresses, values);
  checkExperimentPlan(plan);
  const { machines } = await connection.call(listMachines);
  const machine = chooseMachine(machines, values.on);
  const { toRate, maxLossPercent } = plan;
  const what = `${safeText(machineName(machine))} sends about ${plannedProbes(plan)} echo requests to ${addresses.length === 1 ? addresses[0] : `${addresses.length} addresses`} within ${plannedSeconds(plan)} s: ${BASELINE_SECONDS} s at 1 a second first, at most ${toRate * addresses.length} a second in all. More than ${maxLossPercent} % loss ends it.`;
  if (!values.yes) {
    context.print(what);
    context.print('Nothing is sent yet: say --yes to start.');
    return 0;
  }
  const { id } = await connection.call(startExperiment, { body: { machineId: machine.id, plan } });
  context.say(what);
  const experiment = await follow(context, connection, id);
  if (json) context.print(JSON.stringify(experiment));
  else {
    context.print(stepTable(experiment.steps, context.width));
    context.print(`Experiment ${id} ${endWords(experiment)}.`);
  }
  return experiment.end === 'finished' ? 0 : 1;
}

/** Until it is over. Whoever presses Ctrl-C wants the load to end, not only the watching of it. */
async function follow(context: Context, { call }: Connection, id: number): Promise<Experiment> {
  let told = 0;
  const onSignal = () => {
    context.say('Stopping the experiment…');
    void call(stopExperiment, { params: { id } }).catch(() => {});
  };
  process.once('SIGINT', onSignal);
  try {
    for (;;) {
      const { experiment } = await call(getExperiment, {
        params: { id },
        query: { fromSecond: Number.MAX_SAFE_INTEGER },
      });
      for (const step of experiment.steps.slice(told)) context.say(stepLine(step));
      told = experiment.steps.length;
      if (experiment.end !== undefined) return experiment;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    process.off('SIGINT', onSignal);
  }
}

function planOf(addresses: string[], values: Input['values']): ExperimentPlan {
  const whole = (name: 'from' | 'to' | 'steps') => {
    const value = Number(values[name]);
    if (!Number.isInteger(value) || value < 1)
      throw new UsageError(`--${name} takes a whole number from 1; not ${values[name]}.`);
    return value;
  };
  const ramp = ramps.find((one) => one === values.ramp);
  if (!ramp) throw new UsageError(`--ramp is ${ramps.join(' or ')}; not ${values.ramp}.`);
  const percent = /^(\d+(?:\.\d+)?)%?$/.exec(values['max-loss']);
  if (!percent) throw new UsageError(`--max-loss takes a share such as 5%; not ${values['max-loss']}.`);
  return {
    addresses,
    fromRate: whole('from'),
    toRate: whole('to'),
    steps: whole('steps'),
    ramp,
    stepSeconds: Math.round(parseDurationMs(values['step-time'], '--step-time') / 1_000),
    timeoutMs: parseDurationMs(values.timeout, '--timeout'),
    maxLossPercent: Number(percent[1]),
  };
}

const endWords = ({ end }: Experiment): string => (end === undefined ? 'runs' : ends[end]);
const ms = (ns: number | null) => (ns === null ? '—' : `${(ns / 1e6).toPrecision(3)} ms`);
const share = ({ sent, lost }: ExperimentStep) =>
  sent === 0 ? '—' : `${((100 * lost) / sent).toFixed(1)} %`;

function stepLine(step: ExperimentStep): string {
  return `${step.rate}/s to each: ${step.sent} sent, ${share(step)} lost, median ${ms(step.p50Ns)}, p99 ${ms(step.p99Ns)}`;
}

function stepTable(steps: ExperimentStep[], width: number | undefined): string {
  return formatTable<ExperimentStep>(
    [
      { title: 'RATE', align: 'right', keepWhole: true, of: (one) => `${one.rate}/s` },
      { title: 'SENT', align: 'right', of: (one) => String(one.sent) },
      { title: 'LOST', align: 'right', of: share },
      { title: 'NOT SENT', align: 'right', of: (one) => String(one.notSent) },
      { title: 'MEDIAN', align: 'right', of: (one) => ms(one.p50Ns) },
      { title: 'P95', align: 'right', of: (one) => ms(one.p95Ns) },
      { title: 'P99', align: 'right', of: (one) => ms(one.p99Ns) },
      { title: 'LONGEST', align: 'right', of: (one) => ms(one.maxNs) },
    ],
    steps,
    width,
  );
}

function listTable(context: Context, experiments: Experiment[]): string {
  if (experiments.length === 0) return 'No experiment yet: maille load start --on MACHINE ADDRESS…';
  const nowMs = context.clock.wallMs();
  return formatTable<Experiment>(
    [
      { title: 'ID', keepWhole: true, align: 'right', of: (one) => String(one.id) },
      { title: 'STARTED', keepWhole: true, of: (one) => timeAgo(one.startedAtMs, nowMs) },
      { title: 'MACHINE', of: (one) => one.machineName },
      { title: 'ADDRESSES', of: ({ plan }) => plan.addresses.join(' ') },
      { title: 'RATES', keepWhole: true, of: ({ plan }) => `${plan.fromRate}–${plan.toRate}/s` },
      { title: 'RESULT', of: endWords },
    ],
    experiments,
    context.width,
  );
}
