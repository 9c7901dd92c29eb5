/** `maille backup FILE`: a consistent copy of everything, while the server runs. */
import { pipeline } from 'node:stream/promises';
import { createBackup } from '@maille/wire/rest/operations';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments, requireArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
import { saveAnswer, savedLine } from '../connection/save-answer.ts';
import { streamRequest } from '../connection/stream-request.ts';

export const command = defineCommand({
  name: 'backup',
  summary: 'copy everything that the server keeps into one file',
  usage: ['backup FILE.tar', 'backup - | ssh elsewhere "cat > maille.tar"'],
  details:
    'The file holds the server’s keys and everybody’s password hashes: it is readable by you alone, and worth guarding.',
  options: {},
  async run(context, { rest, json, dataDir }) {
    const [target, ...more] = requireArguments(rest, 'backup FILE.tar');
    refuseArguments(more, 'backup FILE.tar');
    const answer = await streamRequest(connect(context, dataDir), createBackup);
    if (target === '-') {
      await pipeline(answer, context.output, { end: false });
      return 0;
    }
    context.print(savedLine(await saveAnswer(answer, target, 'the backup'), json));
    return 0;
  },
});
