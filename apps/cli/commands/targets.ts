/** `maille targets`: the addresses that are probed. Entries come as words, or by the thousand on stdin. */
import { Problem } from '@maille/base/problem';
import { parseProbeList } from '@maille/wire/probe-list';
import { MAX_METHODS_AT_ONCE, type ProbeMethod } from '@maille/wire/probe-method';
import {
  type AgentSelection,
  changeTargets,
  createTargets,
  deleteTargets,
  listTargets,
  type Target,
  traceTargets,
} from '@maille/wire/rest/targets';
import { type CommandInput, defineCommand, UsageError } from '../arguments/command.ts';
import { parseDurationMs } from '../arguments/parse-duration.ts';
import { parseTracePlan } from '../arguments/parse-trace-plan.ts';
import { refuseArguments, requireAction, requireArguments } from '../arguments/require-action.ts';
import { chooseTargets } from '../connection/choose-targets.ts';
import { type Connection, connect } from '../connection/connect.ts';
import type { Context } from '../context.ts';
import { readInput } from '../terminal/read-input.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

const MAX_ENTRIES_BYTES = 4_000_000;

const options = {
  label: { type: 'string', takes: 'TEXT', summary: 'a name for people' },
  tag: { type: 'string', multiple: true, takes: 'TAG', summary: 'a tag; may be given again' },
  interval: { type: 'string', takes: '1s', summary: 'time between two probes, 1s to 1h' },
  probe: {
    type: 'string',
    takes: 'icmp,tcp:443',
    summary: 'add: how to probe, one target for each of them (otherwise icmp)',
  },
  timeout: { type: 'string', takes: '1s', summary: 'a reply after this long counts as late' },
  agents: {
    type: 'string',
    takes: 'all|tag:TAG,…|ID,…',
    summary: 'which machines probe it',
  },
  traceroute: {
    type: 'string',
    takes: 'icmp|udp|tcp:443|off',
    summary: 'how its own route is traced; off: as that of its prefix is',
  },
  'traceroute-every': {
    type: 'string',
    takes: '5m',
    summary: 'time between two rounds of traceroute, 10s to 24h (otherwise 5m)',
  },
  'traceroute-flows': {
    type: 'string',
    takes: '4',
    summary: 'how many parallel paths a round looks for, 1 to 8 (otherwise 4)',
  },
  team: { type: 'string', takes: 'ID|none', summary: 'the team that it belongs to' },
  for: { type: 'string', takes: '10m', summary: 'trace: how long, at most 1d (otherwise 10m)' },
  'confirm-foreign': {
    type: 'boolean',
    summary: 'add: what is not known to be your own may be probed all the same; kept in the audit log',
  },
  'dry-run': { type: 'boolean', summary: 'add: say what would happen, and change nothing' },
} as const;

type Input = CommandInput<typeof options>;

export const command = defineCommand({
  name: 'targets',
  summary: 'addresses to probe: list, add, change, delete them',
  usage: [
    'targets [list]',
    'targets add ENTRY… [options]',
    'targets add < FILE',
    'targets change TARGET… [options]',
    'targets delete TARGET…',
    'targets trace TARGET… [--for 10m]',
  ],
  details:
    'An ENTRY is an address, a name, a range (192.0.2.1-192.0.2.20) or a prefix (192.0.2.0/24). Bad entries are listed one by one, good ones are kept.\nA TARGET is named by its number or its address, which means all that are probed there.\ntrace follows a target through the logs of server, agents and sensors: each line about it carries a trace id. --for 0s ends it.',
  options,
  async run(context, input) {
    const { action, args } = requireAction('targets', input.rest, [
      'list',
      'add',
      'change',
      'delete',
      'trace',
    ] as const);
    if (action === 'list') refuseArguments(args, 'targets list');
    if (action !== 'list' && action !== 'add') requireArguments(args, `targets ${action} TARGET…`);
    const settings = settingsOf(input.values);
    const probes = input.values.probe === undefined ? undefined : parseProbes(input.values.probe);
    if (probes && action !== 'add') {
      throw new UsageError('--probe goes with add: a host probed in another way is another target.');
    }
    if (action === 'change' && Object.keys(settings).length === 0) {
      throw new UsageError('say what to change, for example --interval 5s.');
    }
    const connection = connect(context, input.dataDir);
    if (action === 'add')
      return add(context, connection, args, { ...settings, ...(probes && { probes }) }, input);
    const { targets } = await connection.call(listTargets);
    if (action === 'list') {
      context.print(input.json ? JSON.stringify(targets) : targetTable(context, targets));
      return 0;
    }
    const ids = chooseTargets(targets, args).map(({ id }) => id);
    if (action === 'trace') return trace(context, connection, ids, input);
    if (action === 'change') {
      const { changed } = await connection.call(changeTargets, { body: { ids, change: settings } });
      context.print(input.json ? JSON.stringify({ changed }) : `Changed: ${changed}.`);
    } else {
      const { deleted } = await connection.call(deleteTargets, { body: { ids } });
      context.print(
        input.json ? JSON.stringify({ deleted }) : `Deleted: ${deleted}. They can be restored for a day.`,
      );
    }
    return 0;
  },
});

async function trace(
  context: Context,
  { call }: Connection,
  ids: number[],
  { values, json }: Input,
): Promise<number> {
  const duration = values.for ?? '10m';
  const forMs = parseDurationMs(duration, '--for');
  const { traces } = await call(traceTargets, { body: { ids, forMs } });
  if (json) {
    context.print(JSON.stringify({ traces }));
    return 0;
  }
  for (const one of traces) {
    context.print(`${safeText(one.host)}: trace ${one.trace.id}, for ${duration}`);
  }
  context.print(
    traces.length === 0
      ? 'The traces are ended.'
      : `Read: maille trace-log ${safeText(traces[0]?.host ?? '')}; on another machine: maille trace-log ${traces[0]?.trace.id}`,
  );
  return 0;
}

function settingsOf(values: Input['values']) {
  const agents = values.agents === undefined ? undefined : parseAgents(values.agents);
  const traceroute = parseTracePlan({
    method: values.traceroute,
    every: values['traceroute-every'],
    flows: values['traceroute-flows'],
  });
  const team = values.team;
  if (team !== undefined && team !== 'none' && !/^\d+$/.test(team)) {
    throw new UsageError('--team takes the number of a team, or none.');
  }
  return {
    ...(values.label !== undefined && { label: values.label }),
    ...(values.tag.length > 0 && { tags: values.tag }),
    ...(values.interval !== undefined && { intervalMs: parseDurationMs(values.interval, '--interval') }),
    ...(values.timeout !== undefined && { timeoutMs: parseDurationMs(values.timeout, '--timeout') }),
    ...(agents && { agents }),
    ...(traceroute !== undefined && { traceroute }),
    ...(team !== undefined && { teamId: team === 'none' ? null : Number(team) }),
  };
}

function parseAgents(text: string): AgentSelection {
  if (text === 'all') return { by: 'all' };
  const list = text.replace(/^tag:/, '').split(',').filter(Boolean);
  if (list.length === 0) throw new UsageError('--agents takes all, tag:TAG,… or machine ids.');
  return text.startsWith('tag:') ? { by: 'tags', tags: list } : { by: 'ids', ids: list };
}

function parseProbes(text: string): ProbeMethod[] {
  const { probes, wrong, tooMany } = parseProbeList(text);
  if (wrong.length > 0 || probes.length === 0) {
    const named = wrong.length > 0 ? wrong.join(', ') : text;
    throw new UsageError(
      `--probe takes icmp, or tcp: and a port from 1 to 65535, or a list of these; not ${safeText(named)}.`,
    );
  }
  if (tooMany) throw new UsageError(`--probe takes at most ${MAX_METHODS_AT_ONCE} ways at once.`);
  return probes;
}

async function add(
  context: Context,
  { call }: Connection,
  args: string[],
  settings: ReturnType<typeof settingsOf> & { probes?: ProbeMethod[] },
  { values, json }: Input,
): Promise<number> {
  if (args.length === 0 && context.inputIsTerminal) {
    context.say('Addresses, names, ranges or prefixes, one a line; Ctrl-D ends.');
  }
  const entries = args.length > 0 ? args.join('\n') : await readInput(context.input, MAX_ENTRIES_BYTES);
  if (entries.trim() === '')
    throw new UsageError('there is nothing to add: name addresses, or pipe a list in.');
  const dryRun = values['dry-run'];
  const confirmForeign = values['confirm-foreign'];
  const body = { entries, ...settings, ...(dryRun && { dryRun }), ...(confirmForeign && { confirmForeign }) };
  const answer = await call(createTargets, { body }).catch((error: unknown) => {
    if (!(error instanceof Problem) || error.field !== '/confirmForeign') throw error;
    throw new Problem(error.code, error.message, {
      field: error.field,
      remedy: 'Say --confirm-foreign if you may probe them, or add their prefix in Settings, Server.',
    });
  });
  if (json) {
    context.print(JSON.stringify(answer));
  } else {
    for (const { line, entry, message } of answer.refused) {
      context.say(`${context.paint.bad(`line ${line}`)}: ${safeText(entry)}: ${safeText(message)}`);
    }
    if (dryRun && answer.foreignCount > 0) {
      const more = answer.foreignCount > 5 ? ', …' : '';
      context.say(`Not known to be your own: ${answer.foreign.slice(0, 5).map(safeText).join(', ')}${more}`);
    }
    const verb = dryRun ? 'Would add' : 'Added';
    context.print(
      `${verb}: ${answer.created}. Targets already: ${answer.existing}. Refused: ${answer.refused.length}.`,
    );
  }
  return answer.refused.length > 0 ? 1 : 0;
}

function seconds(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1_000} s`;
}

/** Only where somebody chose for a target: the rest is traced as its prefix is. */
const routeColumn = {
  title: 'ROUTE BY',
  keepWhole: true as const,
  of({ traceroute }: Target): string {
    if (!traceroute) return '';
    const { method, port, everyMs } = traceroute;
    return `${method}${port === undefined ? '' : `:${port}`}, ${seconds(everyMs)}`;
  },
};

function targetTable(context: Context, targets: Target[]): string {
  if (targets.length === 0) return 'There are no targets: maille targets add ADDRESS…';
  return formatTable<Target>(
    [
      { title: 'ID', align: 'right', keepWhole: true, of: (one) => one.id },
      { title: 'ADDRESS', keepWhole: true, of: (one) => one.host },
      { title: 'PROBE', keepWhole: true, of: (one) => one.probe },
      { title: 'LABEL', of: (one) => one.label },
      { title: 'EVERY', keepWhole: true, align: 'right', of: (one) => seconds(one.intervalMs) },
      {
        title: 'AGENTS',
        of: ({ agents }) =>
          agents.by === 'all'
            ? 'all'
            : agents.by === 'tags'
              ? `tag:${agents.tags.join(',')}`
              : agents.by === 'mesh'
                ? 'mesh'
                : agents.ids.length === 1
                  ? '1 machine'
                  : `${agents.ids.length} machines`,
      },
      ...(targets.some(({ traceroute }) => traceroute) ? [routeColumn] : []),
      { title: 'TAGS', of: (one) => one.tags.join(' ') },
    ],
    targets,
    context.width,
  );
}
