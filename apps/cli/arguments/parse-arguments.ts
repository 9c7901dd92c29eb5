/**
 * From argv to a command's input. node:util does the splitting, without its strictness: its errors speak
 * of JavaScript, ours of the command, and name the nearest option.
 */
import { parseArgs } from 'node:util';
import type { OptionSpec, OptionSpecs } from './command.ts';
import { UsageError } from './command.ts';
import { nearestWord } from './nearest-word.ts';

/** Every command takes these. */
export const commonOptions = {
  data: { type: 'string', takes: 'FOLDER', env: 'MAILLE_DATA_DIR', summary: 'where Maille keeps its data' },
  json: { type: 'boolean', summary: 'answer in JSON' },
  help: { type: 'boolean', short: 'h', summary: 'show this help' },
} as const satisfies OptionSpecs;

export interface ParsedArguments {
  values: Record<string, string | boolean | string[] | undefined>;
  rest: string[];
}

export function parseArguments(
  argv: string[],
  ownOptions: OptionSpecs,
  environment: Record<string, string | undefined>,
): ParsedArguments {
  const specs: OptionSpecs = { ...ownOptions, ...commonOptions };
  const { tokens } = parseArgs({
    args: argv,
    options: Object.fromEntries(
      Object.entries(specs).map(([name, { type, short }]) => [
        name,
        { type, multiple: true, ...(short !== undefined && { short }) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });

  const given = new Map<string, (string | true)[]>();
  const rest: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(token.value);
    if (token.kind !== 'option') continue;
    const spec = specs[token.name];
    if (!spec) throw unknownOption(token.rawName, specs);
    checkValue(token.rawName, token.value, token.inlineValue === true, spec);
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? true]);
  }

  const values: ParsedArguments['values'] = {};
  for (const [name, spec] of Object.entries(specs)) {
    const all = given.get(name) ?? [];
    const fromEnvironment = spec.env === undefined ? undefined : environment[spec.env];
    if (spec.type === 'boolean') values[name] = all.length > 0;
    else if (spec.multiple) values[name] = all as string[];
    // Set but empty means not set, as for every program of a service file.
    else values[name] = (all.at(-1) as string | undefined) ?? (fromEnvironment || undefined) ?? spec.default;
  }
  return { values, rest };
}

function unknownOption(rawName: string, specs: OptionSpecs): UsageError {
  const name = rawName.replace(/^-+/, '');
  const near = nearestWord(name, Object.keys(specs));
  return new UsageError(`there is no option ${rawName}${near ? `; did you mean --${near}?` : '.'}`);
}

function checkValue(rawName: string, value: string | undefined, inline: boolean, spec: OptionSpec): void {
  if (spec.type === 'boolean' && inline) throw new UsageError(`${rawName} takes no value.`);
  if (spec.type !== 'string') return;
  if (value === undefined || value === '' || (!inline && value.startsWith('--'))) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${spec.takes ?? 'VALUE'} (${spec.summary}).`);
  }
}
