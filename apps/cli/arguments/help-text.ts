/** Help, drawn from the same declarations that arguments are parsed by. */
import { wrapText } from '../terminal/wrap-text.ts';
import type { Command, OptionSpecs } from './command.ts';
import { commonOptions } from './parse-arguments.ts';

function columns(rows: [string, string][], width: number): string[] {
  const left = Math.min(34, Math.max(...rows.map(([first]) => first.length)) + 2);
  return rows.flatMap(([first, second]) => {
    const lines = wrapText(second, Math.max(24, width - left - 2));
    const head = first.length + 2 > left ? [`  ${first}`] : [];
    const body = lines.map(
      (line, i) => `  ${(i === 0 && head.length === 0 ? first : '').padEnd(left)}${line}`,
    );
    return [...head, ...body];
  });
}

function optionRows(options: OptionSpecs): [string, string][] {
  return Object.entries(options).map(([name, spec]) => {
    const notes = [
      ...(spec.default === undefined ? [] : [`otherwise ${spec.default}`]),
      ...(spec.env === undefined ? [] : [spec.env]),
    ];
    return [
      `${spec.short ? `-${spec.short}, ` : ''}--${name}${spec.takes ? ` ${spec.takes}` : ''}`,
      `${spec.summary}${notes.length > 0 ? ` (${notes.join('; ')})` : ''}`,
    ];
  });
}

export function commandHelp(command: Command, width: number): string {
  return [
    `${command.name}: ${command.summary}.`,
    '',
    ...command.usage.map((line) => `  maille ${line}`),
    ...(command.details ? ['', ...command.details.split('\n').flatMap((line) => wrapText(line, width))] : []),
    '',
    'Options:',
    ...columns(optionRows({ ...command.options, ...commonOptions }), width),
    '',
  ].join('\n');
}

export function overallHelp(commands: Command[], width: number): string {
  return [
    'maille: finds, watches, shows and runs the machines you own.',
    '',
    '  maille COMMAND [options]      maille COMMAND --help says all about one',
    '',
    ...columns(
      commands.map((command) => [command.name, command.summary]),
      width,
    ),
    '',
    'Exit codes: 0 done, 1 a problem, 2 called wrongly. Every command answers in JSON with --json.',
    'MAILLE_URL and MAILLE_TOKEN speak to another server; otherwise it is the one of this machine.',
    '',
  ].join('\n');
}
