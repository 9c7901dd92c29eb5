/** One program of `maille up`: supervised, its log kept in the data folder, its troubles said in a line. */
import { join } from 'node:path';
import type { Part } from '@maille/base/lifecycle';
import { Problem } from '@maille/base/problem';
import type { Context } from '../context.ts';
import { openLogFile } from './log-file.ts';
import { formatLogLine, troubleOf } from './log-line.ts';
import { type SupervisedProcess, superviseProcess } from './supervised-process.ts';

const LOG_BYTES = 10 * 1024 ** 2;
const LOG_FILES = 3;
/** Who died this often before it was ever ready does not get better by itself. */
const GIVE_UP_AFTER = 3;

export interface SuperviseProgramOptions {
  name: string;
  /** Below `apps/`. */
  program: string;
  environment: Record<string, string | undefined>;
  dataDir: string;
  /** Shows its log in the terminal. */
  verbose: boolean;
  context: Pick<Context, 'projectRoot' | 'clock' | 'say' | 'paint'>;
}

export interface SupervisedProgram extends Part {
  process: SupervisedProcess;
  /** Its first ready line; rejects when it keeps dying before. It is tried further even then. */
  ready: Promise<Record<string, unknown>>;
}

export function superviseProgram(options: SuperviseProgramOptions): SupervisedProgram {
  const { name, context, verbose } = options;
  const file = join(options.dataDir, 'logs', `${name}.log`);
  const log = openLogFile({ file, maxBytes: LOG_BYTES, keep: LOG_FILES });
  const ready = Promise.withResolvers<Record<string, unknown>>();
  let trouble: string | undefined;
  let deaths = 0;

  const supervised = superviseProcess({
    program: join(context.projectRoot, 'apps', options.program),
    environment: options.environment,
    clock: context.clock,
    onLog(line) {
      log.write(line);
      trouble = troubleOf(line) ?? trouble;
      if (verbose) context.say(formatLogLine(name, line, context.paint));
    },
    onReady(line) {
      if (deaths > 0) context.say(`The ${name} runs again.`);
      deaths = 0;
      trouble = undefined;
      ready.resolve(line);
    },
    onDied({ how, restartMs }) {
      deaths++;
      const why = trouble === undefined ? how : `${how}: ${trouble}`;
      if (deaths === 1) context.say(`The ${name} stopped (${why}); it starts again.`);
      if (deaths === GIVE_UP_AFTER) {
        ready.reject(
          new Problem('internal', `the ${name} does not start (${why})`, { remedy: `Its log: ${file}` }),
        );
      }
      log.write(
        JSON.stringify({ level: 40, time: context.clock.wallMs(), msg: `stopped (${how})`, restartMs }),
      );
    },
  });
  return {
    process: supervised,
    ready: ready.promise,
    async stop() {
      await supervised.stop();
      await log.stop();
    },
  };
}
