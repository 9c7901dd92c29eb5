/** One call of `maille`, from its words to its exit code. No stack trace ever reaches a person. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Problem } from '@maille/base/problem';
import { type Command, type OptionSpecs, UsageError } from './arguments/command.ts';
import { commandHelp, overallHelp } from './arguments/help-text.ts';
import { parseArguments } from './arguments/parse-arguments.ts';
import type { Context } from './context.ts';
import { allCommands, commandNames, findCommand } from './find-command.ts';
import { installedDataDir } from './install/installed-paths.ts';
import { safeLines } from './terminal/safe-text.ts';

export async function runCommandLine(context: Context, argv: string[]): Promise<number> {
  const wantsJson = argv.includes('--json');
  const helpWidth = Math.min(context.width ?? 100, 100);
  let given: GivenOptions | undefined;
  try {
    const [name, ...rest] = argv;
    if (name === undefined || name === 'help' || name.startsWith('-')) {
      if (name === '--version') return await runCommandLine(context, ['version', ...rest]);
      if (name === 'help' && rest[0]) return await runCommandLine(context, [rest[0], '--help']);
      if (name?.startsWith('-') && name !== '--help' && name !== '-h') {
        throw new UsageError('the command comes first: maille COMMAND [options].');
      }
      context.print(overallHelp(await allCommands(), helpWidth));
      return name === undefined ? 2 : 0;
    }
    const command: Command = await findCommand(name);
    if (rest.includes('--help') || rest.includes('-h')) {
      context.print(commandHelp(command, helpWidth));
      return 0;
    }
    const parsed = parseArguments(rest, command.options, context.environment);
    given = { specs: command.options, values: parsed.values };
    const dataDir = parsed.values.data as string | undefined;
    return (
      (await command.run(context, {
        values: parsed.values as never,
        rest: parsed.rest,
        json: parsed.values.json === true,
        dataDir: resolve(dataDir ?? defaultDataDir(context.projectRoot)),
      })) ?? 0
    );
  } catch (error) {
    return explain(context, error, wantsJson, argv[0], given);
  }
}

/** An installed program keeps its data where systemd expects it, a checkout beside its sources. */
function defaultDataDir(projectRoot: string): string {
  const beside = join(projectRoot, 'data');
  if (existsSync(join(projectRoot, '.installed'))) return installedDataDir;
  return !existsSync(beside) && existsSync(installedDataDir) ? installedDataDir : beside;
}

/** What a person wrote, to tell them of a field by the option that it came from. */
interface GivenOptions {
  specs: OptionSpecs;
  values: Record<string, unknown>;
}

/** `/intervalMs` came from `--interval`, `/tags/0` from `--tag`. */
function optionOf(field: string | undefined, given: GivenOptions | undefined): string | undefined {
  const words = (field ?? '')
    .split('/')
    .map((part) => part.replace(/Ms$/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  const names = words.flatMap((word) => [word, word.replace(/s$/, '')]);
  return names.find((name) => {
    const value = given && Object.hasOwn(given.specs, name) ? given.values[name] : undefined;
    return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
  });
}

function sentenceOf(problem: Problem, given: GivenOptions | undefined): string {
  const option = optionOf(problem.field, given);
  if (option === undefined) return problem.message;
  const places = ['body', 'query'].map((part) => `the ${part}: ${problem.field} `);
  const place = places.find((start) => problem.message.startsWith(start));
  return place === undefined
    ? `--${option}: ${problem.message}`
    : `--${option} ${problem.message.slice(place.length)}`;
}

function explain(
  context: Context,
  error: unknown,
  wantsJson: boolean,
  command: string | undefined,
  given: GivenOptions | undefined,
): number {
  if (error instanceof UsageError) {
    context.say(`maille: ${safeLines(error.message)}`);
    context.say(`  maille ${command && commandNames().includes(command) ? `${command} ` : ''}--help`);
    return 2;
  }
  const problem =
    error instanceof Problem
      ? error
      : new Problem('internal', error instanceof Error ? error.message : String(error), { cause: error });
  if (wantsJson) {
    const { code, message, field, remedy } = problem;
    context.print(JSON.stringify({ problem: { code, message, field, remedy } }));
  }
  context.say(`maille: ${safeLines(sentenceOf(problem, given))}`);
  if (problem.remedy) context.say(`  ${safeLines(problem.remedy)}`);
  if (problem.code === 'internal' && context.environment.MAILLE_DEBUG && error instanceof Error) {
    context.say(error.stack ?? '');
  }
  return 1;
}
