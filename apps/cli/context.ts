/** What a command may touch, handed to it: the terminal, the clock, the environment. Tests pass their own. */
import type { Readable } from 'node:stream';
import type { Clock } from '@maille/base/clock';
import type { Paint } from './terminal/paint.ts';

export interface Context {
  environment: Record<string, string | undefined>;
  /** The folder that holds package.json. */
  projectRoot: string;
  clock: Clock;
  input: Readable;
  /** Whether somebody types what `input` gives. */
  inputIsTerminal: boolean;
  /** The answer: what a script reads. */
  print(line: string): void;
  /** Everything else: progress, warnings. */
  say(line: string): void;
  /** Columns; undefined where the answer goes to a pipe or a file. */
  width: number | undefined;
  paint: Paint;
  /** Raw bytes of the answer, for `backup -`. */
  output: NodeJS.WritableStream;
}
