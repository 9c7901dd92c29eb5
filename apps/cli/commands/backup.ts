/** `maille backup FILE`: a consistent copy of everything, while the server runs. */
import { createWriteStream, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@maille/base/problem';
import { createBackup } from '@maille/wire/rest/operations';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments, requireArguments } from '../arguments/require-action.ts';
import { connect } from '../connection/connect.ts';
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
    const file = resolve(target);
    // Under another name until it is whole: a backup that is there is a backup that is good.
    const unfinished = join(dirname(file), `.${basename(file)}.unfinished`);
    try {
      await pipeline(answer, createWriteStream(unfinished, { mode: 0o600, flush: true }));
      renameSync(unfinished, file);
    } catch (cause) {
      rmSync(unfinished, { force: true });
      throw new Problem('unavailable', `the backup broke off: ${(cause as Error).message}`, { cause });
    }
    const { size } = statSync(file);
    context.print(
      json ? JSON.stringify({ file, bytes: size }) : `${file}: ${(size / 1024 ** 2).toFixed(1)} MB.`,
    );
    return 0;
  },
});
