/** `maille sensor`: what `maille up` supervises, for who supervises it otherwise. */
import { join } from 'node:path';
import { defineCommand } from '../arguments/command.ts';
import { refuseArguments } from '../arguments/require-action.ts';
import { prepareDataDir } from '../supervise/hold-data-dir.ts';
import { runProgram } from '../supervise/run-program.ts';

export const command = defineCommand({
  name: 'sensor',
  summary: 'run the sensor alone, in the foreground',
  usage: ['sensor'],
  details:
    'Takes its settings from the environment: MAILLE_RUN_DIR, where the agent finds it; MAILLE_SENSOR_USER, whom it becomes after it has opened its sockets as root; MAILLE_OWN_PREFIXES, such as 10.0.0.0/8,fd00::/8, the only prefixes that it probes whatever its server asks for; and MAILLE_MAX_PROBES_PER_SECOND, the most that it sends.',
  options: {},
  async run(context, { rest, dataDir }) {
    refuseArguments(rest, 'sensor');
    prepareDataDir(dataDir);
    return runProgram(context, 'agent/sensor-main.ts', {
      MAILLE_DATA_DIR: dataDir,
      MAILLE_RUN_DIR: context.environment.MAILLE_RUN_DIR || join(dataDir, 'run'),
    });
  },
});
