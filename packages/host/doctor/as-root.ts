/** How a person runs a command as root here: Debian has su always, and sudo where somebody installed it. */
import { existsSync } from 'node:fs';

export interface RootAccess {
  isRoot: boolean;
  hasSudo: boolean;
}

export const rootAccess = (): RootAccess => ({
  isRoot: process.geteuid?.() === 0,
  hasSudo: existsSync('/usr/bin/sudo'),
});

export function asRoot({ isRoot, hasSudo }: RootAccess, command: string): string {
  if (isRoot) return command;
  return hasSudo ? `sudo ${command}` : `su -c ${JSON.stringify(command)}`;
}
