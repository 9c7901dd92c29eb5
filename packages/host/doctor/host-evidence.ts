/** What the doctor looks at: facts of this machine as they stand, without judgement. Nothing here throws. */
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { type RootAccess, rootAccess } from './as-root.ts';
import { isClockSynchronized } from './clock-sync.ts';

export interface HostEvidence extends RootAccess {
  kernel: string;
  nodeVersion: string;
  /** CAP_NET_RAW in the effective set: raw ICMP sockets and packet capture. */
  canOpenRawSockets: boolean;
  /** This process's group is inside net.ipv4.ping_group_range. */
  canOpenPingSockets: boolean;
  /** The kernel has packet sockets at all. */
  hasPacketSockets: boolean;
  hasIpv6: boolean;
  hasSystemd: boolean;
  hasUserMaille: boolean;
  clockSynchronized: boolean | undefined;
  maxOpenFiles: number;
  dataDir: string | undefined;
  diskFreeBytes: number | undefined;
  diskTotalBytes: number | undefined;
  /** How the `maille` command is called on this machine. */
  command: string;
}

const CAP_NET_RAW = 13n;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function hasEffective(capability: bigint): boolean {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(read('/proc/self/status'))?.[1] ?? '0';
  return ((BigInt(`0x${hex}`) >> capability) & 1n) === 1n;
}

function inPingGroupRange(): boolean {
  const [low, high] = read('/proc/sys/net/ipv4/ping_group_range').trim().split(/\s+/).map(Number);
  if (low === undefined || high === undefined) return false;
  const groups = [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])];
  return groups.some((group) => group >= low && group <= high);
}

/** The data folder may not be there yet: its nearest ancestor is on the same disk. */
function diskOf(folder: string): { free: number; total: number } | undefined {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const { bavail, blocks, bsize } = statfsSync(at);
      return { free: bavail * bsize, total: blocks * bsize };
    } catch {
      if (at === dirname(at)) return undefined;
    }
  }
}

/** `maille` where it is installed; else the one of this very folder, for nothing is on the path then. */
export function mailleCommand(): string {
  if (existsSync('/usr/local/bin/maille')) return 'maille';
  return join(import.meta.dirname, '..', '..', '..', 'maille');
}

export function gatherEvidence(dataDir?: string): HostEvidence {
  const disk = dataDir === undefined ? undefined : diskOf(dataDir);
  const limit = /^Max open files\s+(\S+)/m.exec(read('/proc/self/limits'))?.[1] ?? '0';
  return {
    kernel: release(),
    nodeVersion: process.versions.node,
    ...rootAccess(),
    canOpenRawSockets: hasEffective(CAP_NET_RAW),
    canOpenPingSockets: inPingGroupRange(),
    hasPacketSockets: existsSync('/proc/net/packet'),
    hasIpv6: existsSync('/proc/net/if_inet6'),
    hasSystemd: existsSync('/run/systemd/system'),
    hasUserMaille: /^maille:/m.test(read('/etc/passwd')),
    clockSynchronized: isClockSynchronized(),
    maxOpenFiles: limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit),
    dataDir,
    diskFreeBytes: disk?.free,
    diskTotalBytes: disk?.total,
    command: mailleCommand(),
  };
}
