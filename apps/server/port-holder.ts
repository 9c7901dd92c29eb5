/** Who listens on a TCP port, from /proc: the kernel gives the socket's inode, a process's descriptors name it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { Problem } from '@maille/base/problem';

const STATE_LISTEN = '0A';

/** `nginx (pid 812)`; undefined when nobody is found, or one may not look. */
export function findPortHolder(port: number): string | undefined {
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of read(table).split('\n').slice(1)) {
      const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state === STATE_LISTEN && Number.parseInt(local?.split(':')[1] ?? '', 16) === port && inode)
        inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of list(`/proc/${pid}/fd`)) {
      if (inodes.has(link(`/proc/${pid}/fd/${fd}`)))
        return `${read(`/proc/${pid}/comm`).trim()} (pid ${pid})`;
    }
  }
  return undefined;
}

/** What `listen` failed with, in words. */
export function listenProblem(error: unknown, what: string, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (code === 'EADDRINUSE') {
    const holder = findPortHolder(port) ?? 'another program';
    return new Problem('conflict', `${what} cannot listen on ${place}: ${holder} holds the port`, {
      cause: error,
      remedy: 'Stop it, or choose another port.',
    });
  }
  if (code === 'EACCES')
    return new Problem('forbidden', `${what} may not listen on ${place}: ports below 1024 need root`, {
      cause: error,
      remedy: 'Choose a port from 1024 on.',
    });
  if (code === 'EADDRNOTAVAIL')
    return new Problem('invalid', `${what} cannot listen on ${place}: this machine has no such address`, {
      cause: error,
      remedy: 'Choose one of its own addresses.',
    });
  return error;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
