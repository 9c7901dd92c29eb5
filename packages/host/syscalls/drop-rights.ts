/**
 * Gives up root for good: an empty root folder, no groups, an ordinary user, nothing gained by exec.
 * Descriptors that are open stay open. Node's set*id calls change every thread; PR_SET_NO_NEW_PRIVS
 * holds for this thread and those it starts, which the empty folder makes enough: there is nothing to run.
 */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { Problem } from '@maille/base/problem';
import { chroot, lastErrno, prctl } from './libc.ts';
import { syscallProblem } from './syscall-problem.ts';

const PR_SET_NO_NEW_PRIVS = 38;

export interface User {
  name: string;
  uid: number;
  gid: number;
}

/** The first of these users that the machine has, by /etc/passwd. */
export function findUser(
  names: readonly string[],
  passwd = readFileSync('/etc/passwd', 'utf8'),
): User | undefined {
  const users = passwd.split('\n').map((line) => line.split(':'));
  for (const name of names) {
    const fields = users.find((user) => user[0] === name);
    const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
    if (fields && Number.isInteger(uid) && Number.isInteger(gid) && uid > 0) return { name, uid, gid };
  }
  return undefined;
}

/** Only as root. Throws a Problem when anything of it fails: then the process must not go on. */
export function dropRights(user: User, emptyFolder: string): void {
  mkdirSync(emptyFolder, { recursive: true, mode: 0o755 });
  if (readdirSync(emptyFolder).length > 0)
    throw new Problem('conflict', `${emptyFolder} must be empty: it becomes the sensor's whole file system`);
  if (chroot(emptyFolder) !== 0)
    throw syscallProblem(`change the root folder to ${emptyFolder}`, lastErrno());
  process.chdir('/');
  process.setgroups?.([]);
  process.setgid?.(user.gid);
  process.setuid?.(user.uid);
  forbidNewPrivileges();
}

export function forbidNewPrivileges(): void {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0)
    throw syscallProblem('forbid new privileges', lastErrno());
}
