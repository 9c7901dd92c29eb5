/** The Debian programs that tests drive, and how they come onto a machine: as root, only what is missing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Program → the package that has it. */
export const testPrograms: Record<string, string> = {
  chromium: 'chromium',
  fping: 'fping',
  ip: 'iproute2',
  nft: 'nftables',
  ping: 'iputils-ping',
  setpriv: 'util-linux',
  'systemd-analyze': 'systemd',
  tcpdump: 'tcpdump',
};

const searchPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function hasProgram(name: string): boolean {
  return searchPath.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface PackageReport {
  installed: string[];
  /** Programs that are still missing, with what would bring them. */
  missing: { program: string; remedy: string }[];
}

/** Installs what is missing where it may; says what it could not. */
export function bringTestPrograms(say: (line: string) => void): PackageReport {
  const missing = () => Object.keys(testPrograms).filter((program) => !hasProgram(program));
  const wanted = [...new Set(missing().map((program) => testPrograms[program] as string))];
  const report = (installed: string[]): PackageReport => ({
    installed,
    missing: missing().map((program) => ({
      program,
      remedy: `apt-get install ${testPrograms[program]}`,
    })),
  });
  if (wanted.length === 0 || process.getuid?.() !== 0 || !hasProgram('apt-get')) return report([]);
  say(`Installing Debian packages for the tests: ${wanted.join(' ')} …`);
  const apt = (...args: string[]) =>
    spawnSync('apt-get', ['-qq', ...args], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      encoding: 'utf8',
    });
  apt('update');
  const result = apt('install', '--yes', '--no-install-recommends', ...wanted);
  if (result.status !== 0) say((result.stderr || result.stdout).trim().split('\n').slice(-5).join('\n'));
  return report(result.status === 0 ? wanted : []);
}
