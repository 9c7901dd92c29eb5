/** `maille server`: what `maille up` supervises, for who supervises it otherwise. */
import { join } from 'node:path';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments } from '../arguments/require-action.ts';
import { prepareDataDir } from '../supervise/hold-data-dir.ts';
import { runProgram } from '../supervise/run-program.ts';
import { ensureWebBundle } from '../web-bundle.ts';

export const command = defineCommand({
  name: 'server',
  summary: 'run the server alone, in the foreground',
  usage: ['server'],
  details:
    'Takes its settings from the environment: MAILLE_DATA_DIR, MAILLE_HTTP_LISTEN, MAILLE_HTTPS_LISTEN, MAILLE_LOG_LEVEL. Logs are JSON lines on standard error.',
  options: {},
  async run(context, { rest, dataDir }) {
    refuseArguments(rest, 'server');
    prepareDataDir(dataDir);
    await ensureWebBundle(context.projectRoot, context.say);
    return runProgram(context, 'server/main.ts', {
      MAILLE_DATA_DIR: dataDir,
      MAILLE_RUN_DIR: context.environment.MAILLE_RUN_DIR || join(dataDir, 'run'),
    });
  },
});
