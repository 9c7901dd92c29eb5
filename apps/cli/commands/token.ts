/** `maille token`: API tokens of a person, for programs. */

import { type ApiToken, createToken, deleteToken, listMyTokens } from '@maille/wire/rest/people';
import { roles, scopes } from '@maille/wire/rest/route';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { nearestWord } from '../arguments/nearest-word.ts';
import { parseDurationMs } from '../arguments/parse-duration.ts';
import { refuseArguments, requireAction, requireArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
import { signInAs } from '../connection/sign-in-as.ts';
import { timeAgo } from '../terminal/relative-time.ts';
import { formatTable } from '../terminal/table.ts';

type TokenScope = ApiToken['scopes'][number];
const knownScopes = scopes.flatMap((name) => [`${name}:read`, `${name}:write`] as TokenScope[]);

export const command = defineCommand({
  name: 'token',
  summary: 'API tokens, for programs that speak to Maille',
  usage: [
    'token [list]',
    'token create NAME --scope targets:read [--scope …] [--expires 90d]',
    'token delete ID…',
  ],
  details: `A token has its owner's role (${roles.join(', ')}), narrowed to its scopes: ${knownScopes.join(', ')}.`,
  options: {
    scope: { type: 'string', multiple: true, takes: 'SCOPE', summary: 'what it may do; may be given again' },
    expires: { type: 'string', takes: '90d', summary: 'how long it works; otherwise until it is deleted' },
    person: { type: 'string', takes: 'LOGIN', summary: 'whose token; otherwise the only admin’s' },
  },
  async run(context, { values, rest, json, dataDir }) {
    const { action, args } = requireAction('token', rest, ['list', 'create', 'delete'] as const);
    if (action === 'create') {
      const [name, ...more] = requireArguments(args, 'token create NAME --scope SCOPE');
      refuseArguments(more, 'token create NAME --scope SCOPE');
      const wanted = values.scope.map(requireScope);
      if (wanted.length === 0) throw new UsageError('say what it may do, for example --scope targets:read.');
      const expiresInSeconds =
        values.expires === undefined
          ? undefined
          : Math.round(parseDurationMs(values.expires, '--expires') / 1_000);
      const body = { name, scopes: wanted, ...(expiresInSeconds !== undefined && { expiresInSeconds }) };
      const answer = await signInAs(connect(context, dataDir), values.person, (call) =>
        call(createToken, { body }),
      );
      context.say('This is the only time that the token is shown:');
      context.print(json ? JSON.stringify(answer) : answer.secret);
    } else if (action === 'delete') {
      const ids = requireArguments(args, 'token delete ID…').map(Number);
      await signInAs(connect(context, dataDir), values.person, async (call) => {
        for (const id of ids) await call(deleteToken, { params: { id } });
      });
      context.print(json ? JSON.stringify({ deleted: ids }) : `Withdrawn: ${ids.join(', ')}.`);
    } else {
      refuseArguments(args, 'token list');
      const { tokens } = await signInAs(connect(context, dataDir), values.person, (call) =>
        call(listMyTokens),
      );
      if (json) context.print(JSON.stringify(tokens));
      else context.print(tokenTable(tokens, context.clock.wallMs(), context.width));
    }
    return 0;
  },
});

function requireScope(text: string): TokenScope {
  const scope = knownScopes.find((known) => known === text);
  if (scope) return scope;
  const near = nearestWord(text, knownScopes);
  throw new UsageError(`there is no scope ${text}${near ? `; did you mean ${near}?` : '.'}`);
}

function tokenTable(tokens: ApiToken[], nowMs: number, width: number | undefined): string {
  if (tokens.length === 0) return 'There are no API tokens: maille token create NAME --scope targets:read';
  return formatTable<ApiToken>(
    [
      { title: 'ID', align: 'right', keepWhole: true, of: (one) => one.id },
      { title: 'NAME', of: (one) => one.name },
      { title: 'BEGINS', keepWhole: true, of: (one) => one.prefix },
      { title: 'SCOPES', of: (one) => one.scopes.join(' ') },
      {
        title: 'USED',
        of: (one) => (one.lastUsedMs === undefined ? 'never' : timeAgo(one.lastUsedMs, nowMs)),
      },
      {
        title: 'EXPIRES',
        of: (one) =>
          one.expiresAtMs === undefined ? 'never' : new Date(one.expiresAtMs).toISOString().slice(0, 10),
      },
    ],
    tokens,
    width,
  );
}
