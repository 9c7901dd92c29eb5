/** Commands are the files of `commands/`: adding one edits no list, and only the one that runs is loaded. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './arguments/command.ts';
import { UsageError } from './arguments/command.ts';
import { nearestWord } from './arguments/nearest-word.ts';

const folder = join(import.meta.dirname, 'commands');

export function commandNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.ts') && !file.includes('.test.'))
    .map((file) => file.slice(0, -'.ts'.length));
}

async function load(name: string): Promise<Command> {
  return ((await import(`./commands/${name}.ts`)) as { command: Command }).command;
}

export async function findCommand(name: string): Promise<Command> {
  const names = commandNames();
  if (names.includes(name)) return load(name);
  const near = nearestWord(name, names);
  throw new UsageError(`there is no command ${name}${near ? `; did you mean ${near}?` : '.'}`);
}

export async function allCommands(): Promise<Command[]> {
  return Promise.all(commandNames().map(load));
}
