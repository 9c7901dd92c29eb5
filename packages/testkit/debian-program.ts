/**
 * A server program out of its Debian package, for tests that want the real peer: unpacked into a cache,
 * not installed, so that no daemon is started or enabled on the machine of whoever runs the tests.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** The program's path, or why there is none. `path` is that inside of the package. */
export function fetchDebianProgram(name: string, path: string): { program: string } | { reason: string } {
  if (existsSync(join('/', path))) return { program: join('/', path) };
  const cache = join(tmpdir(), `maille-test-programs-${userInfo().uid}`);
  const program = join(cache, name, path);
  if (existsSync(program)) return { program };
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  const scratch = mkdtempSync(join(cache, 'unpack-'));
  try {
    execFileSync('apt-get', ['-qq', 'download', name], {
      cwd: scratch,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 120_000,
    });
    const archive = readdirSync(scratch).find((file) => file.endsWith('.deb'));
    if (archive === undefined) return { reason: `apt-get download ${name} brought nothing` };
    execFileSync('dpkg-deb', ['-x', archive, 'root'], { cwd: scratch, stdio: ['ignore', 'ignore', 'pipe'] });
    renameSync(join(scratch, 'root'), join(cache, name));
    return existsSync(program) ? { program } : { reason: `the package ${name} has no ${path}` };
  } catch (error) {
    const first = String((error as { stderr?: Buffer }).stderr ?? (error as Error).message)
      .trim()
      .split('\n')[0];
    return { reason: `the Debian package ${name} cannot be fetched: ${first}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
