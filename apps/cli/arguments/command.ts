/**
 * What a command is. One file a command in `commands/`, named like the command; nothing lists them. The
 * options are declared once: parsing, help, defaults from the environment and the types of the values
 * all come from that.
 */
import type { Context } from '../context.ts';

export interface OptionSpec {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** What the value is, as help shows it: `HOST:PORT`. */
  takes?: string;
  summary: string;
  /** The variable that stands in where the option is not given. */
  env?: string;
  default?: string;
}
export type OptionSpecs = Record<string, OptionSpec>;

type ValueOf<S extends OptionSpec> = S['type'] extends 'boolean'
  ? boolean
  : S extends { multiple: true }
    ? string[]
    : S extends { default: string }
      ? string
      : string | undefined;
export type ValuesOf<O extends OptionSpecs> = { [K in keyof O]: ValueOf<O[K]> };

export interface CommandInput<O extends OptionSpecs> {
  values: ValuesOf<O>;
  /** What is not an option, after the command's name. */
  rest: string[];
  /** `--json` was asked for. */
  json: boolean;
  /** Where Maille keeps its data, resolved. */
  dataDir: string;
}

export interface Command<O extends OptionSpecs = OptionSpecs> {
  name: string;
  /** One line, without a full stop. */
  summary: string;
  /** Lines of the form `machines approve ID…`, without `maille`. */
  usage: string[];
  /** Sentences below the usage. */
  details?: string;
  options: O;
  /** The exit code: 0 or nothing for done, 1 for a problem. Wrong usage throws a UsageError. */
  run(context: Context, input: CommandInput<O>): Promise<number | undefined>;
}

/** Keeps the literal types of the options, so that `input.values` is typed by them. */
export function defineCommand<const O extends OptionSpecs>(command: Command<O>): Command<O> {
  return command;
}

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}
