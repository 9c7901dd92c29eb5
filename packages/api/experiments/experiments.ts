/**
 * Load experiments, as the server sees them: it checks them, starts them on a machine's agent, says twice a
 * second that they may go on, writes down what comes, and knows when one is over. While it is cut off from
 * the machine it says nothing, and the sensor stops by itself.
 */
import type { Cancel, Clock } from '@maille/base/clock';
import type { Part } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import type { Bus } from '@maille/store/bus/bus';
import type { Database } from '@maille/store/database/tables';
import {
  EXPERIMENT_KEEPALIVE_MS,
  type ExperimentEnd,
  type ExperimentNews,
  type ExperimentPlan,
  type ExperimentSecond,
} from '@maille/wire/experiment';
import { plannedSeconds } from '@maille/wire/experiment-plan';
import type { Experiment } from '@maille/wire/rest/experiments';
import type { Settings } from '@maille/wire/rest/operations';
import type { AuditLog } from '../audit/audit-log.ts';
import type { LinkEndpoint } from '../link/link-endpoint.ts';
import type { MachineRegistry } from '../machines/machine-registry.ts';
import { nameOf } from '../mesh/mesh-keeper.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { checkRequest } from './check-request.ts';
import { createExperimentRows } from './experiment-rows.ts';

export interface ExperimentsOptions {
  database: Database;
  bus: Bus;
  clock: Clock;
  log: Log;
  audit: Pick<AuditLog, 'record'>;
  machines: Pick<MachineRegistry, 'get'>;
  targets: Pick<TargetRegistry, 'list'>;
  settings: () => Settings;
  link: Pick<LinkEndpoint, 'ask' | 'say'>;
}

/** The latest ones, and of those that run each second so far. */
export interface ExperimentsInView {
  experiments: Experiment[];
  seconds: { id: number; seconds: ExperimentSecond[] }[];
}

export interface Experiments extends Part {
  inView(limit: number): Promise<ExperimentsInView>;
  list(limit: number, before?: number): Promise<Experiment[]>;
  read(id: number, fromSecond: number): Promise<{ experiment: Experiment; seconds: ExperimentSecond[] }>;
  start(machineId: string, plan: ExperimentPlan, by: string): Promise<Experiment>;
  /** Ends when it is over. */
  halt(id: number): Promise<Experiment>;
}

interface Running {
  experiment: Experiment;
  seconds: ExperimentSecond[];
  cancels: Cancel[];
  /** Nothing was heard for a while. */
  cancelWatch: Cancel;
  over: Promise<void>;
  ended(): void;
}

/** A machine that says nothing for so long is gone, whatever its link says. */
const SILENT_MS = 5_000;
/** Besides the timeout of the plan. */
const STOP_PATIENCE_MS = 3_000;
const WRITE_EVERY_MS = 10_000;

export async function createExperiments(options: ExperimentsOptions): Promise<Experiments> {
  const { bus, clock, log, machines, targets, settings, link } = options;
  const rows = createExperimentRows(options.database);
  const running = new Map<number, Running>();
  /** Also while one is being started. */
  const busy = new Set<string>();
  await rows.endAll({ endedAtMs: clock.wallMs(), end: 'server-restarted' });

  const logged = (work: Promise<unknown>, what: string) =>
    void work.catch((error) => log.error({ err: error }, what));
  const write = ({ experiment, seconds }: Running) =>
    logged(rows.write(experiment, seconds), 'a load experiment could not be written');

  const tell = ({ experiment }: Running, seconds: ExperimentSecond[] = []) =>
    bus.publish('experiment-states', { id: experiment.id, put: experiment, seconds });

  function finish(one: Running, end: ExperimentEnd): void {
    if (one.experiment.end !== undefined) return;
    const { id, machineId } = one.experiment;
    one.experiment = { ...one.experiment, end, endedAtMs: clock.wallMs() };
    tell(one);
    for (const cancel of [...one.cancels, one.cancelWatch]) cancel();
    busy.delete(machineId);
    log.info({ experiment: id, machineId, end }, 'a load experiment is over');
    logged(
      rows
        .write(one.experiment, one.seconds)
        .then(() => recordEnd(one.experiment))
        .finally(() => {
          running.delete(id);
          one.ended();
        }),
      'the end of a load experiment could not be written',
    );
  }

  /** Who started and who stopped it the routes record; that it ended by itself nobody else would. */
  async function recordEnd({ id, machineName, plan, end, steps }: Experiment): Promise<void> {
    if (end === 'stopped') return;
    await options.audit.record({
      actor: 'load experiment',
      actorKind: 'system',
      address: '',
      action: 'experiment.ended',
      subject: `experiment ${id} on ${machineName}`,
      outcome: end === 'finished' ? 'done' : 'failed',
      detail: { end, addresses: plan.addresses, steps: steps.length },
    });
  }

  function take({ machineId, news }: { machineId: string; news: ExperimentNews }): void {
    const one = running.get(news.id);
    if (one?.experiment.machineId !== machineId || one.experiment.end !== undefined) return;
    const last = one.seconds.at(-1)?.second ?? -1;
    // Bounded by the plan, whatever an agent says.
    const bound = plannedSeconds(one.experiment.plan) + 1;
    const seconds = news.seconds
      .filter(({ second }) => second > last)
      .slice(0, Math.max(0, bound - one.seconds.length));
    one.seconds.push(...seconds);
    const fresh = news.steps.filter(({ step }) => step >= one.experiment.steps.length && step <= 100);
    if (fresh.length > 0) one.experiment = { ...one.experiment, steps: [...one.experiment.steps, ...fresh] };
    if (fresh.length > 0) tell(one, seconds);
    else if (seconds.length > 0) bus.publish('experiment-states', { id: news.id, seconds });
    watch(one);
    if (news.ended !== undefined) finish(one, news.ended);
  }

  function watch(one: Running): void {
    one.cancelWatch();
    one.cancelWatch = clock.after(SILENT_MS + one.experiment.plan.timeoutMs, () => giveUp(one));
  }
  function giveUp(one: Running): void {
    link.say(one.experiment.machineId, 'experiment.stop', { id: one.experiment.id });
    finish(one, 'agent-lost');
  }

  const stops = [
    bus.subscribe('experiments', take),
    bus.subscribe('machines', ({ put, remove }) => {
      for (const one of running.values()) {
        const { machineId } = one.experiment;
        const machine = put.find(({ id }) => id === machineId);
        if (remove.includes(machineId) || (machine && !(machine.connected && machine.state === 'approved')))
          giveUp(one);
      }
    }),
  ];

  function requireMachine(machineId: string): string {
    const machine = machines.get(machineId);
    const refuse = (message: string) =>
      new Problem('conflict', message, { field: '/machineId', remedy: 'Choose a machine that is there.' });
    if (!machine) throw new Problem('invalid', 'there is no such machine', { field: '/machineId' });
    if (machine.state !== 'approved') throw refuse(`${nameOf(machine)} is not approved`);
    if (!machine.connected) throw refuse(`${nameOf(machine)} is not connected`);
    if (busy.has(machineId))
      throw new Problem('conflict', `${nameOf(machine)} is in a load experiment already`, {
        field: '/machineId',
        remedy: 'Stop that one first, or wait for its end.',
      });
    return nameOf(machine);
  }

  async function begin(experiment: Experiment): Promise<Experiment> {
    const { id, machineId, plan } = experiment;
    let ended = () => {};
    const over = new Promise<void>((resolve) => {
      ended = resolve;
    });
    const one: Running = { experiment, seconds: [], cancels: [], cancelWatch: () => {}, over, ended };
    running.set(id, one);
    try {
      await link.ask(machineId, 'experiment.start', { id, plan });
    } catch (error) {
      running.delete(id);
      await rows.remove(id);
      bus.publish('experiment-states', { id, removed: true, seconds: [] });
      throw error;
    }
    tell(one, [...one.seconds]);
    if (one.experiment.end === undefined) {
      watch(one);
      one.cancels.push(
        clock.every(EXPERIMENT_KEEPALIVE_MS, () => link.say(machineId, 'experiment.keepalive', { id })),
        clock.every(WRITE_EVERY_MS, () => write(one)),
      );
    }
    log.info({ experiment: id, machineId, addresses: plan.addresses }, 'a load experiment begins');
    return one.experiment;
  }

  async function read(id: number) {
    const one = running.get(id);
    const found = one ? { experiment: one.experiment, seconds: one.seconds } : await rows.read(id);
    if (!found) throw new Problem('not-found', `there is no load experiment ${id}`);
    return found;
  }

  const list = async (limit: number, before?: number) =>
    (await rows.list(limit, before)).map((row) => running.get(row.id)?.experiment ?? row);

  return {
    list,
    async inView(limit) {
      const experiments = await list(limit);
      const seconds = experiments.flatMap(({ id }) => {
        const one = running.get(id);
        return one ? [{ id, seconds: [...one.seconds] }] : [];
      });
      return { experiments, seconds };
    },
    async read(id, fromSecond) {
      const { experiment, seconds } = await read(id);
      return { experiment, seconds: seconds.filter(({ second }) => second >= fromSecond) };
    },
    async start(machineId, asked, by) {
      const hosts = new Set(targets.list().targets.map(({ host }) => host));
      const plan = checkRequest(asked, (host) => hosts.has(host), settings().ownPrefixes);
      const machineName = requireMachine(machineId);
      busy.add(machineId);
      try {
        const startedAtMs = clock.wallMs();
        return await begin(await rows.insert({ machineId, machineName, plan, startedAtMs, startedBy: by }));
      } catch (error) {
        busy.delete(machineId);
        throw error;
      }
    },
    async halt(id) {
      const one = running.get(id);
      if (!one) return (await read(id)).experiment;
      link.say(one.experiment.machineId, 'experiment.stop', { id });
      const cancel = clock.after(one.experiment.plan.timeoutMs + STOP_PATIENCE_MS, () =>
        finish(one, 'stopped'),
      );
      await one.over;
      cancel();
      return one.experiment;
    },
    async stop() {
      for (const end of stops) end();
      const left = [...running.values()];
      for (const one of left) {
        link.say(one.experiment.machineId, 'experiment.stop', { id: one.experiment.id });
        finish(one, 'server-restarted');
      }
      await Promise.all(left.map(({ over }) => over));
    },
  };
}
