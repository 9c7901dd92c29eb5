/**
 * Who holds a TCP port: the kernel lists listening sockets with an inode, and each process's open files
 * name the inode. Other people's processes cannot be looked into without root: then only that is said.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { nameProgram } from './name-program.ts';

export interface PortHolder {
  pid: number;
  /** The program in a few words, bounded. */
  command: string;
}

const LISTEN = '0A';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Inodes of the sockets that listen on `port`, on any address. */
export function listeningInodes(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${wanted}`) && fields[3] === LISTEN)
    .map((fields) => fields[9] as string);
}

export function findPortHolder(port: number): PortHolder | undefined {
  const inodes = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6']
      .flatMap((table) => listeningInodes(read(table), port))
      .map((inode) => `socket:[${inode}]`),
  );
  if (inodes.size === 0) return undefined;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const fd of readdirSync(`/proc/${entry}/fd`)) {
        let link: string;
        try {
          link = readlinkSync(`/proc/${entry}/fd/${fd}`);
        } catch {
          continue; // closed meanwhile
        }
        if (!inodes.has(link)) continue;
        const argv = read(`/proc/${entry}/cmdline`).split('\0');
        return { pid: Number(entry), command: nameProgram(argv) };
      }
    } catch {
      // Not ours to look into, or gone meanwhile.
    }
  }
  return undefined;
}
