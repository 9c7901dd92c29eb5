/** `maille join-token`: what a new machine shows so that nobody has to click for it. */
import { createJoinToken, deleteJoinToken, type JoinToken, listJoinTokens } from '@maille/wire/rest/machines';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { parseDurationMs } from '../arguments/parse-duration.ts';
import { refuseArguments, requireAction, requireArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
import { safeText } from '../terminal/safe-text.ts';
import { formatTable } from '../terminal/table.ts';

export const command = defineCommand({
  name: 'join-token',
  summary: 'tokens that let new machines join without a click',
  usage: [
    'join-token [list]',
    'join-token create [--expires 1h] [--uses 1] [--note TEXT]',
    'join-token delete ID…',
  ],
  options: {
    expires: { type: 'string', takes: '1h', default: '1h', summary: 'how long it works' },
    uses: { type: 'string', takes: 'N', default: '1', summary: 'how many machines may use it' },
    note: { type: 'string', takes: 'TEXT', summary: 'what it is for' },
  },
  async run(context, { values, rest, json, dataDir }) {
    const { action, args } = requireAction('join-token', rest, ['list', 'create', 'delete'] as const);
    const { call } = connect(context, dataDir);
    if (action === 'list') {
      refuseArguments(args, 'join-token list');
      const { joinTokens } = await call(listJoinTokens);
      context.print(json ? JSON.stringify(joinTokens) : tokenTable(joinTokens, context.width));
    } else if (action === 'create') {
      refuseArguments(args, 'join-token create');
      if (!/^\d+$/.test(values.uses)) throw new UsageError('--uses takes a number.');
      const answer = await call(createJoinToken, {
        body: {
          expiresInSeconds: Math.round(parseDurationMs(values.expires, '--expires') / 1_000),
          uses: Number(values.uses),
          ...(values.note !== undefined && { note: values.note }),
        },
      });
      context.say('On the new machine:');
      context.print(json ? JSON.stringify(answer) : safeText(answer.command));
    } else {
      const ids = requireArguments(args, 'join-token delete ID…').map(Number);
      for (const id of ids) await call(deleteJoinToken, { params: { id } });
      context.print(json ? JSON.stringify({ deleted: ids }) : `Withdrawn: ${ids.join(', ')}.`);
    }
    return 0;
  },
});

function tokenTable(tokens: JoinToken[], width: number | undefined): string {
  if (tokens.length === 0) return 'No join token can be used: maille join-token create';
  return formatTable<JoinToken>(
    [
      { title: 'ID', align: 'right', keepWhole: true, of: (one) => one.id },
      { title: 'USES LEFT', align: 'right', keepWhole: true, of: (one) => one.usesLeft },
      {
        title: 'EXPIRES',
        keepWhole: true,
        of: (one) => new Date(one.expiresAtMs).toISOString().slice(0, 16),
      },
      { title: 'BY', of: (one) => one.createdBy },
      { title: 'NOTE', of: (one) => one.note },
    ],
    tokens,
    width,
  );
}
