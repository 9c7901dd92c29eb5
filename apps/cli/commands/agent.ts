/** `maille agent`: what `maille up` supervises, for who supervises it otherwise. */
import { join } from 'node:path';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments } from '../arguments/require-action.ts';
import { prepareDataDir } from '../supervise/hold-data-dir.ts';
import { runProgram } from '../supervise/run-program.ts';

export const command = defineCommand({
  name: 'agent',
  summary: 'run this machine’s agent alone, in the foreground',
  usage: ['agent'],
  details:
    'Takes its settings from the environment: MAILLE_DATA_DIR, MAILLE_RUN_DIR, MAILLE_SERVER_URL, MAILLE_SERVER_ID, MAILLE_PRESENCE, MAILLE_PRESENCE_PORT, MAILLE_PEERS_LISTEN. To which server it belongs, maille join says once.',
  options: {},
  async run(context, { rest, dataDir }) {
    refuseArguments(rest, 'agent');
    prepareDataDir(dataDir);
    return runProgram(context, 'agent/main.ts', {
      MAILLE_DATA_DIR: dataDir,
      MAILLE_RUN_DIR: context.environment.MAILLE_RUN_DIR || join(dataDir, 'run'),
    });
  },
});
