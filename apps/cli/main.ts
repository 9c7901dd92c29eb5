/** `maille`: finds the command, parses what it takes, and turns what goes wrong into one sentence. */
import { join } from 'node:path';
import { systemClock } from '@maille/base/clock';
import { runCommandLine } from './run-command-line.ts';
import { createPaint } from './terminal/paint.ts';

// A reader that has seen enough (`maille peers | head`) ends us quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 1);
});

process.exitCode = await runCommandLine(
  {
    environment: process.env,
    projectRoot: join(import.meta.dirname, '..', '..'),
    clock: systemClock,
    input: process.stdin,
    inputIsTerminal: process.stdin.isTTY === true,
    print: (line) => process.stdout.write(`${line}\n`),
    say: (line) => process.stderr.write(`${line}\n`),
    width: process.stdout.isTTY ? (process.stdout.columns ?? 80) : undefined,
    paint: createPaint(process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb'),
    output: process.stdout,
  },
  process.argv.slice(2),
);
