/** `maille incidents`: what is not as usual, one line a cause; and saying that somebody is on it. */
import { Problem } from '@maille/base/problem';
import {
  acknowledgeIncident,
  getIncident,
  type Incident,
  type IncidentEvidence,
  listIncidents,
} from '@maille/wire/rest/incidents';
import { listMachines } from '@maille/wire/rest/machines';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { refuseArguments, requireAction, requireArguments } from '../arguments/require-action.ts';
import { machineName } from '../connection/choose-machine.ts';
import { type Connection, connect } from '../connection/connect.ts';
import type { Context } from '../context.ts';
import { timeAgo } from '../terminal/relative-time.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

const EVIDENCE_SHOWN = 50;
const kinds: Record<Incident['kind'], string> = {
  silent: 'silent',
  loss: 'loss',
  rtt: 'slow',
  jitter: 'unsteady',
  route: 'another route',
};
const endings: Record<NonNullable<Incident['ending']>, string> = {
  recovered: 'as before',
  'new-usual': 'the new usual',
  'no-data': 'nobody probes it any more',
  merged: 'part of another',
  over: 'over',
};

export const command = defineCommand({
  name: 'incidents',
  summary: 'what is not as usual: list, show, say that you are on it',
  usage: [
    'incidents [list] [--open] [--limit 20]',
    'incidents show ID',
    'incidents acknowledge ID… [--note TEXT]',
    'incidents take-back ID…',
  ],
  details:
    'Usual is each address’s own past. Acknowledging silences nothing: the others see that you are on it, and the incident ends by itself.',
  options: {
    open: { type: 'boolean', summary: 'list: only those that last' },
    limit: { type: 'string', takes: 'N', default: '20', summary: 'list: how many, at most 1000' },
    note: { type: 'string', takes: 'TEXT', summary: 'acknowledge: what you know, or do about it' },
  },
  async run(context, { values, rest, json, dataDir }) {
    const { action, args } = requireAction('incidents', rest, [
      'list',
      'show',
      'acknowledge',
      'take-back',
    ] as const);
    if (action === 'list') {
      refuseArguments(args, 'incidents list');
      if (!/^\d+$/.test(values.limit)) throw new UsageError('--limit takes a number.');
      const query = { limit: Number(values.limit), ...(values.open && { state: 'open' as const }) };
      const { incidents } = await connect(context, dataDir).call(listIncidents, { query });
      context.print(json ? JSON.stringify(incidents) : incidentTable(context, incidents, values.open));
      return 0;
    }
    const ids = requireArguments(args, `incidents ${action} ID`).map(incidentId);
    const connection = connect(context, dataDir);
    if (action === 'show') {
      for (const id of ids) await show(context, connection, id, json);
      return 0;
    }
    const acknowledged = action === 'acknowledge';
    const changed: Incident[] = [];
    for (const id of ids) {
      const body = { acknowledged, ...(values.note !== undefined && { note: values.note }) };
      changed.push(await connection.call(acknowledgeIncident, { params: { id }, body }));
    }
    if (json) context.print(JSON.stringify(changed));
    else
      for (const { id, subject, acknowledgedBy } of changed)
        context.print(
          `Incident ${id}, ${safeText(subject)}: ${acknowledgedBy === null ? 'nobody is on it.' : `${safeText(acknowledgedBy)} is on it.`}`,
        );
    return 0;
  },
});

function incidentId(word: string): number {
  if (!/^\d{1,10}$/.test(word)) throw new UsageError(`${word} is no incident's number: maille incidents`);
  return Number(word);
}

async function show(context: Context, { call }: Connection, id: number, json: boolean): Promise<void> {
  const found = await call(getIncident, { params: { id } });
  if (json) {
    context.print(JSON.stringify(found));
    return;
  }
  const { incident, evidence, evidenceLeftOut } = found;
  context.print(incidentTable(context, [incident], false));
  const until = incident.endedAtMs === null ? '' : `, over ${when(incident.endedAtMs)}`;
  context.print(`\nSince ${when(incident.sinceMs)}, noticed ${when(incident.detectedAtMs)}${until}.`);
  context.print(`How sure: ${surely(incident.confidence)}`);
  const machines = await machineNames(call);
  context.print(`Seen by: ${incident.agentNumbers.map(machines).join(', ')}`);
  if (incident.note) context.print(`Note: ${safeText(incident.note)}`);
  if (evidence.length === 0) return;
  context.print(`\n${evidenceTable(context, evidence.slice(0, EVIDENCE_SHOWN), machines)}`);
  const more = Math.max(0, evidence.length - EVIDENCE_SHOWN) + evidenceLeftOut;
  if (more > 0) context.say(`${more} more: maille incidents show ${id} --json`);
}

/** The names of agents; who may not see machines is told their numbers. */
async function machineNames(call: Connection['call']): Promise<(agentNumber: number) => string> {
  const names = new Map<number, string>();
  try {
    for (const machine of (await call(listMachines)).machines)
      names.set(machine.agentNumber, `${safeText(machineName(machine))} (agent ${machine.agentNumber})`);
  } catch (error) {
    if (!(error instanceof Problem && error.code === 'forbidden')) throw error;
  }
  return (agentNumber) => names.get(agentNumber) ?? `agent ${agentNumber}`;
}

const when = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
/** Chance is never ruled out. */
const surely = (ratio: number): string =>
  ratio > 0.999_999 ? '> 99.9999 %' : `${(100 * ratio).toPrecision(4)} %`;
const percent = (ratio: number | null): string => (ratio === null ? '' : `${(100 * ratio).toFixed(1)} %`);
const milliseconds = (ns: number | null): string => (ns === null ? '' : `${(ns / 1e6).toFixed(2)} ms`);
const rise = (rttNs: number | null, usualNs: number | null): string =>
  rttNs === null
    ? ''
    : `${milliseconds(rttNs)}${usualNs === null ? '' : ` (usually ${milliseconds(usualNs)})`}`;

/** What is lost behind a router is not the router: it may answer well. One that vanished has another beside it. */
const causeOf = ({ scope, subject }: Incident): string =>
  scope !== 'hop'
    ? `${scope} ${subject}`
    : subject.includes('→')
      ? `router ${subject}`
      : `behind router ${subject}`;

function incidentTable(context: Context, incidents: Incident[], onlyOpen: boolean): string {
  if (incidents.length === 0) return onlyOpen ? 'Nothing is out of the ordinary.' : 'There was no incident.';
  const nowMs = context.clock.wallMs();
  const { paint } = context;
  return formatTable<Incident>(
    [
      { title: 'ID', align: 'right', keepWhole: true, of: (one) => one.id },
      {
        title: 'WHAT',
        keepWhole: true,
        of: (one) => kinds[one.kind],
        paint: (text, one) =>
          one.state === 'ended'
            ? paint.quiet(text)
            : one.severity === 'severe'
              ? paint.bad(text)
              : paint.warn(text),
      },
      { title: 'CAUSE', of: causeOf },
      { title: 'SINCE', keepWhole: true, of: (one) => timeAgo(one.sinceMs, nowMs) },
      {
        title: 'STATE',
        of: (one) =>
          one.ending !== null
            ? endings[one.ending]
            : `${one.flapping ? 'flapping' : 'open'}${one.acknowledgedBy === null ? '' : `, ${one.acknowledgedBy} is on it`}`,
      },
      {
        title: 'AFFECTED',
        align: 'right',
        keepWhole: true,
        of: (one) => `${one.state === 'open' ? one.affected : one.affectedMost} of ${one.ofTargets}`,
      },
      { title: 'LOSS', align: 'right', keepWhole: true, of: (one) => percent(one.lossRatio) },
      { title: 'RTT', of: (one) => rise(one.rttNs, one.baselineRttNs) },
    ],
    incidents,
    context.width,
  );
}

function evidenceTable(
  context: Context,
  evidence: IncidentEvidence[],
  machineOf: (agentNumber: number) => string,
): string {
  return formatTable<IncidentEvidence>(
    [
      { title: 'ADDRESS', keepWhole: true, of: (one) => one.host },
      { title: 'SEEN BY', of: (one) => machineOf(one.agentNumber) },
      { title: 'WHAT', keepWhole: true, of: (one) => kinds[one.kind] },
      { title: 'SINCE (UTC)', keepWhole: true, of: (one) => when(one.sinceMs).slice(0, 19) },
      {
        title: 'UNTIL (UTC)',
        of: (one) => (one.clearedAtMs === null ? '' : when(one.clearedAtMs).slice(0, 19)),
      },
      {
        title: 'SCORE',
        align: 'right',
        of: (one) => `${one.score.toFixed(1)} over ${one.threshold.toFixed(1)}`,
      },
      { title: 'LOSS', align: 'right', keepWhole: true, of: (one) => percent(one.lossRatio) },
      { title: 'RTT', of: (one) => rise(one.rttNs, one.baselineRttNs) },
    ],
    evidence,
    context.width,
  );
}
