/** What is installed on this machine, and whether it can be changed. */
import { existsSync, readFileSync } from 'node:fs';
import { Problem } from '@maille/base/problem';
import { asRoot, rootAccess } from '@maille/host/doctor/as-root';
import { mailleCommand } from '@maille/host/doctor/host-evidence';
import { unitFile } from './plan-install.ts';
import { type Role, unitsOf } from './unit-text.ts';

export const roles: readonly Role[] = ['server', 'agent'];

export function installedRoles(): Role[] {
  return roles.filter((role) => unitsOf[role].every((name) => existsSync(unitFile(name))));
}

export function hasUserMaille(): boolean {
  return /^maille:/m.test(readFileSync('/etc/passwd', 'utf8'));
}

/** Says what is missing before anything is done by half. */
export function requireRootAndSystemd(again: string): void {
  if (process.geteuid?.() !== 0) {
    const remedy = asRoot(rootAccess(), `${mailleCommand()} ${again}`);
    throw new Problem('forbidden', 'this needs root', {
      remedy: `${remedy} (or --dry-run, to see what it would do)`,
    });
  }
  if (!existsSync('/run/systemd/system')) {
    throw new Problem('unsupported', 'systemd does not run here, and there is nothing else to install into', {
      remedy: 'Run `maille up`, or have your own service manager run `maille server`, `agent` and `sensor`.',
    });
  }
}
