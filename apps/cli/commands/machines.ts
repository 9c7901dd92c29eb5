/** `maille machines`: who is there, who waits, and the decisions about them. */
import {
  approveMachine,
  forgetMachine,
  listMachines,
  type Machine,
  reauthenticateMachine,
  rejectMachine,
} from '@maille/wire/rest/machines';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments, requireAction, requireArguments } from '../arguments/require-action.ts';
import { chooseMachine, machineName } from '../connection/choose-machine.ts';
import { connect } from '../connection/connect.ts';
import type { Context } from '../context.ts';
import { timeAgo } from '../terminal/relative-time.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

const actions = ['list', 'show', 'approve', 'reject', 'reauthenticate', 'forget'] as const;
const decisions = {
  approve: { route: approveMachine, done: 'is approved' },
  reject: { route: rejectMachine, done: 'is rejected' },
  reauthenticate: { route: reauthenticateMachine, done: 'has to be approved again' },
  forget: { route: forgetMachine, done: 'is forgotten; if it still runs, it comes back as pending' },
};

export const command = defineCommand({
  name: 'machines',
  summary: 'machines: list, approve, reject, forget them',
  usage: ['machines [list]', ...actions.slice(1).map((action) => `machines ${action} MACHINE…`)],
  details: 'A MACHINE is named by its label, its host name, or the first characters of its id.',
  options: {},
  async run(context, { rest, json, dataDir }) {
    const { action, args } = requireAction('machines', rest, actions);
    const { call } = connect(context, dataDir);
    const { machines } = await call(listMachines);
    if (action === 'list') {
      refuseArguments(args, 'machines list');
      context.print(json ? JSON.stringify(machines) : machineTable(context, machines));
      return 0;
    }
    const words = requireArguments(args, `machines ${action} MACHINE…`);
    const chosen = words.map((word) => chooseMachine(machines, word));
    if (action === 'show') {
      context.print(json ? JSON.stringify(chosen) : chosen.map((one) => describe(context, one)).join('\n\n'));
      return 0;
    }
    const { route, done } = decisions[action];
    for (const { id } of chosen) await call(route, { params: { id } });
    if (json) context.print(JSON.stringify({ action, ids: chosen.map(({ id }) => id) }));
    else for (const machine of chosen) context.print(`${safeText(machineName(machine))} ${done}.`);
    return 0;
  },
});

function machineTable(context: Context, machines: Machine[]): string {
  if (machines.length === 0) return 'No machine has come yet: maille join-token create';
  const { paint } = context;
  const nowMs = context.clock.wallMs();
  return formatTable<Machine>(
    [
      { title: 'MACHINE', of: machineName },
      {
        title: 'STATE',
        keepWhole: true,
        of: (one) => (one.state === 'approved' ? (one.connected ? 'up' : 'down') : one.state),
        paint: (text, one) =>
          one.state !== 'approved' ? paint.warn(text) : one.connected ? paint.good(text) : paint.bad(text),
      },
      {
        title: 'SEEN',
        keepWhole: true,
        of: (one) => (one.connected ? 'now' : timeAgo(one.lastSeenMs, nowMs)),
      },
      { title: 'ADDRESS', of: (one) => one.facts.addresses[0] },
      { title: 'SYSTEM', of: (one) => one.facts.os },
      { title: 'TAGS', of: (one) => one.tags.join(' ') },
      { title: 'ID', keepWhole: true, of: (one) => one.id.slice(0, 12) },
    ],
    machines,
    context.width,
  );
}

function describe(context: Context, machine: Machine): string {
  const { facts } = machine;
  const gib = (facts.memoryBytes / 1024 ** 3).toFixed(1);
  const nowMs = context.clock.wallMs();
  const rows: [string, string][] = [
    ['label', machine.label],
    ['id', machine.id],
    ['state', machine.state],
    ['link', `${machine.connected ? 'up' : 'down'}, since ${timeAgo(machine.connectedChangedAtMs, nowMs)}`],
    ['host', `${facts.hostname}, ${facts.os}, Linux ${facts.kernel}, ${facts.architecture}`],
    ['hardware', `${facts.cpus} CPUs, ${gib} GiB${facts.virtualization ? `, ${facts.virtualization}` : ''}`],
    ['addresses', facts.addresses.join(' ')],
    ['version', facts.version],
    ['tags', machine.tags.join(' ')],
    ...(machine.status
      ? ([
          [
            'sensor',
            `${machine.status.sensor}, ${machine.status.probing}, ${machine.status.targets} targets`,
          ],
          [
            'spool',
            `${machine.status.spooledSamples} samples wait, ${machine.status.droppedSamples} given up`,
          ],
        ] as [string, string][])
      : []),
    ...facts.findings
      .filter((finding) => finding.severity !== 'fine')
      .map((finding): [string, string] => [
        finding.severity,
        `${finding.title}${finding.remedy ? `: ${finding.remedy}` : ''}`,
      ]),
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${context.paint.quiet(name.padEnd(10))} ${safeText(value)}`)
    .join('\n');
}
