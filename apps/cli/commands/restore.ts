/** `maille restore FILE`: go back to a backup. The server checks it whole before it changes anything. */
import { createReadStream, type Stats, statSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Problem } from '@maille/base/problem';
import { restoreBackup } from '@maille/wire/rest/operations';
import type { ResponseOf } from '@maille/wire/rest/route';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { refuseArguments, requireArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
import { streamRequest } from '../connection/stream-request.ts';
import type { Context } from '../context.ts';
import { readInput } from '../terminal/read-input.ts';
import { safeText } from '../terminal/safe-text.ts';

const MAX_ANSWER_BYTES = 1024 ** 2;

export const command = defineCommand({
  name: 'restore',
  summary: 'go back to a backup',
  usage: ['restore FILE.tar [--yes]'],
  details: 'The server restarts with what the backup holds. What it had is kept beside it.',
  options: { yes: { type: 'boolean', short: 'y', summary: 'do not ask' } },
  async run(context, { values, rest, json, dataDir }) {
    const [file, ...more] = requireArguments(rest, 'restore FILE.tar');
    refuseArguments(more, 'restore FILE.tar');
    const { size } = statFile(file);
    const connection = connect(context, dataDir);
    if (!values.yes) await confirm(context, connection.url, file);
    const body = { content: createReadStream(file), bytes: size, type: 'application/x-tar' };
    const answer = await streamRequest(connection, restoreBackup, { body });
    const told = JSON.parse(await readInput(answer, MAX_ANSWER_BYTES)) as ResponseOf<typeof restoreBackup>;
    if (json) context.print(JSON.stringify(told));
    else context.print(`Restored; the server restarts. What it had is kept in ${safeText(told.keptAt)}.`);
    return 0;
  },
});

function statFile(file: string): Stats {
  try {
    const stats = statSync(file);
    if (stats.isFile()) return stats;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Problem('forbidden', `${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`, {
        cause,
      });
    }
  }
  throw new Problem('not-found', `there is no file ${file}`);
}

async function confirm(context: Context, url: string, file: string): Promise<void> {
  if (!context.inputIsTerminal) throw new UsageError('nobody is there to ask: say --yes.');
  const terminal = createInterface({ input: context.input, output: process.stderr });
  const answer = await terminal.question(`Replace everything that ${url} keeps by ${file}? Type yes: `);
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') throw new Problem('conflict', 'nothing was changed');
}
