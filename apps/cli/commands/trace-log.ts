/** `maille trace-log ADDRESS`: what the logs of sensor, agent and server say of one target, in the order of time. */
import { listTargets, type Target } from '@maille/wire/rest/targets';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments, requireArguments } from '../arguments/require-action.ts';
import { chooseTargets } from '../connection/choose-targets.ts';
import { connect } from '../connection/connect.ts';
import type { Context } from '../context.ts';
import { safeText } from '../terminal/safe-text.ts';
import { readTraceLines, type TraceLine } from '../trace-log/read-trace-lines.ts';

export const command = defineCommand({
  name: 'trace-log',
  summary: 'what the logs say of one target, from sensor to server, in order',
  usage: ['trace-log TARGET'],
  details:
    'Lines are written while a target is traced: maille targets trace TARGET. The logs are those of this machine, of maille up and of the systemd services; on another machine, run it there with the id of the trace: maille trace-log ID.',
  options: {},
  async run(context, { rest, json, dataDir }) {
    const [word, ...more] = requireArguments(rest, 'trace-log TARGET');
    refuseArguments(more, 'trace-log TARGET');
    const isTrace = /^[0-9a-f]{12}$/.test(word);
    const targets = isTrace
      ? []
      : chooseTargets((await connect(context, dataDir).call(listTargets)).targets, [word]);
    const lines = await readTraceLines({
      dataDir,
      wants: isTrace
        ? ({ trace }) => trace === word
        : ({ targetId }) => targets.some(({ id }) => id === targetId),
    });
    for (const line of lines) context.print(json ? JSON.stringify(line) : lineText(context, line));
    if (lines.length > 0) return 0;
    context.say(nothingFound(targets, context.clock.wallMs()));
    return 1;
  },
});

function nothingFound(targets: readonly Target[], nowMs: number): string {
  const traced = targets.find(({ trace }) => trace !== undefined && trace.untilMs > nowMs);
  if (traced) return `${safeText(traced.host)} is traced, and nothing is logged of it yet: a moment.`;
  const host = targets[0]?.host;
  return host === undefined
    ? 'The logs of this machine know no such trace.'
    : `Nothing is logged of ${safeText(host)}: follow it with maille targets trace ${safeText(host)}`;
}

function lineText({ paint }: Context, { timeMs, program, trace, message, fields }: TraceLine): string {
  const time = new Date(timeMs).toISOString().slice(11, 23);
  const more = Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  return `${paint.quiet(time)} ${program.padEnd(6)} ${paint.quiet(trace)} ${safeText(message)} ${paint.quiet(safeText(more))}`.trimEnd();
}
