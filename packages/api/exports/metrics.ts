/**
 * Counters and gauges for Prometheus, made anew at each scrape: who asks sees what they may see, and
 * nothing is kept twice. Names follow Prometheus' own rules: base units, `_total` on counters.
 */
import type { Clock } from '@maille/base/clock';
import { outcomes } from '@maille/wire/link/samples';
import type { Incident } from '@maille/wire/rest/incidents';
import type { Machine } from '@maille/wire/rest/machines';
import type { Target } from '@maille/wire/rest/targets';
import { Counter, Gauge, Registry } from 'prom-client';
import type { InfluxPushState } from './influx-push.ts';
import type { ProbeTotals } from './probe-totals.ts';

export interface MetricsSource {
  targets: () => readonly Target[];
  machines: () => readonly Machine[];
  totals: ProbeTotals;
  influx: () => Readonly<InfluxPushState>;
  clock: Clock;
  version: string;
}

const SECOND_NS = 1e9;

/** What the caller may see; machines are for all who may scrape. */
export interface MetricsView {
  sees(target: Target): boolean;
  incidents: readonly Incident[];
}

/** The text of one scrape. */
export function writeMetrics(source: MetricsSource, view: MetricsView): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames: [...labelNames], registers });
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter<L>({ name, help, labelNames: [...labelNames], registers });

  gauge('maille_info', 'The version that answers', ['version']).set({ version: source.version }, 1);
  writeMachines(source.machines(), gauge, counter);
  const incidents = gauge('maille_incidents_open', 'Open incidents', ['severity']);
  for (const severity of ['severe', 'notable'])
    incidents.set(
      { severity },
      view.incidents.filter((one) => one.state === 'open' && one.severity === severity).length,
    );

  const pushed = source.influx();
  gauge('maille_influx_queued_samples', 'Samples that wait to be pushed').set(pushed.queued);
  counter('maille_influx_written_samples_total', 'Samples that the database took').inc(pushed.written);
  counter('maille_influx_dropped_samples_total', 'Samples given up, the queue being full').inc(
    pushed.dropped,
  );
  counter('maille_influx_refused_samples_total', 'Samples that the database refused').inc(pushed.refused);

  const visible = new Map<number, Target>();
  for (const target of source.targets()) if (view.sees(target)) visible.set(target.id, target);
  gauge('maille_targets', 'Targets').set(visible.size);
  const agents = new Map(source.machines().map((machine) => [machine.agentNumber, agentLabels(machine)]));

  const labels = ['target', 'probe', 'prefix', ...AGENT_LABELS] as const;
  const sent = counter('maille_probes_sent_total', 'Probes that left the machine and have a verdict', labels);
  const replies = counter('maille_probes_replied_total', 'Probes that were answered in time', labels);
  const rtt = counter('maille_probe_rtt_seconds_total', 'Sum of the round trips of all replies', labels);
  const others = counter(
    'maille_probe_outcomes_total',
    'Verdicts other than a reply; late and duplicate come on top',
    [...labels, 'outcome'],
  );
  const up = gauge('maille_target_up', 'Whether the last probe was answered', labels);
  const last = gauge('maille_probe_last_rtt_seconds', 'The last reply’s round trip', labels);
  const age = gauge('maille_probe_last_age_seconds', 'Since the last probe with a verdict was sent', labels);
  const nowMs = source.clock.wallMs();
  source.totals.each((row) => {
    const target = visible.get(row.targetId);
    if (!target) return;
    const own = {
      target: target.host,
      probe: target.probe,
      prefix: target.prefix,
      ...(agents.get(row.agentNumber) ?? unknownAgent(row.agentNumber)),
    };
    sent.inc(own, row.sent);
    replies.inc(own, row.replies);
    rtt.inc(own, row.rttSumNs / SECOND_NS);
    up.set(own, row.answered ? 1 : 0);
    if (row.replies > 0) last.set(own, row.lastRttNs / SECOND_NS);
    if (row.sent > 0) age.set(own, Math.max(0, (nowMs - row.lastSentMs) / 1_000));
    for (let outcome = 1; outcome < outcomes.length; outcome++) {
      const count = row.outcomes[outcome] as number;
      if (count > 0) others.inc({ ...own, outcome: outcomes[outcome] as string }, count);
    }
  });
  return registry.metrics();
}

type MakeGauge = <L extends string>(name: string, help: string, labels?: readonly L[]) => Gauge<L>;
type MakeCounter = <L extends string>(name: string, help: string, labels?: readonly L[]) => Counter<L>;

function writeMachines(machines: readonly Machine[], gauge: MakeGauge, counter: MakeCounter): void {
  const states = gauge('maille_machines', 'Machines by state', ['state']);
  for (const state of ['approved', 'pending', 'reauthenticate', 'rejected'])
    states.set({ state }, machines.filter((machine) => machine.state === state).length);
  const info = gauge('maille_agent_info', 'Which machine an agent is', [
    ...AGENT_LABELS,
    'machine_id',
    'version',
  ]);
  const connected = gauge('maille_agent_connected', 'Whether the link stands', AGENT_LABELS);
  const spooled = gauge('maille_agent_spooled_samples', 'Samples that wait on the agent', AGENT_LABELS);
  const samples = counter(
    'maille_agent_dropped_samples_total',
    'Samples given up by the agent',
    AGENT_LABELS,
  );
  const packets = counter(
    'maille_agent_dropped_packets_total',
    'Replies that the kernel dropped',
    AGENT_LABELS,
  );
  for (const machine of machines) {
    if (machine.state !== 'approved') continue;
    const agent = agentLabels(machine);
    info.set({ ...agent, machine_id: machine.id, version: machine.facts.version }, 1);
    connected.set(agent, machine.connected ? 1 : 0);
    if (!machine.status) continue;
    spooled.set(agent, machine.status.spooledSamples);
    samples.inc(agent, machine.status.droppedSamples);
    packets.inc(agent, machine.status.droppedPackets);
  }
}

/**
 * Two machines may have one name, and each is a series of its own: the number, which is never given again,
 * tells them apart in fewer bytes than the id, which `maille_agent_info` has beside it.
 */
const AGENT_LABELS = ['agent', 'agent_number'] as const;
const agentLabels = ({ label, facts, agentNumber }: Machine) => ({
  agent: label || facts.hostname,
  agent_number: String(agentNumber),
});
const unknownAgent = (agentNumber: number) => ({
  agent: String(agentNumber),
  agent_number: String(agentNumber),
});
