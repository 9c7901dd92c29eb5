/**
 * From evidence to findings: what this machine cannot do for Maille, and the one command that would
 * bring it. Pure, so that every machine that ever confused somebody becomes a case of the test.
 */
import type { Finding } from '@maille/wire/link/messages';
import { asRoot } from './as-root.ts';
import type { HostEvidence } from './host-evidence.ts';

/** How echoes go out, where a sensor runs and says so: it may have rights that its reader has not. */
export type Probing = 'raw' | 'datagram' | 'none';

const OLDEST_KERNEL = [5, 10] as const;
const OLDEST_NODE_MAJOR = 24;
const ENOUGH_OPEN_FILES = 4_096;
const LOW_DISK_BYTES = 1024 ** 3;
const EMPTY_DISK_BYTES = 100 * 1024 ** 2;

type Judge = (evidence: HostEvidence, probing: Probing | undefined) => Finding;

const fine = (id: string, title: string): Finding => ({ id, severity: 'fine', title });

const kernel: Judge = (evidence) => {
  const [major = 0, minor = 0] = evidence.kernel.split('.').map((part) => Number.parseInt(part, 10));
  const isOld = major < OLDEST_KERNEL[0] || (major === OLDEST_KERNEL[0] && minor < OLDEST_KERNEL[1]);
  if (!isOld) return fine('kernel', `Linux ${evidence.kernel}`);
  return {
    id: 'kernel',
    severity: 'broken',
    title: `Linux ${evidence.kernel} is older than ${OLDEST_KERNEL.join('.')}, the oldest that Maille is tried on`,
    remedy: asRoot(evidence, 'apt full-upgrade'),
  };
};

const node: Judge = (evidence) => {
  if (Number.parseInt(evidence.nodeVersion, 10) >= OLDEST_NODE_MAJOR)
    return fine('node', `Node ${evidence.nodeVersion}`);
  return {
    id: 'node',
    severity: 'broken',
    title: `Node ${evidence.nodeVersion} cannot run this program: Maille brings Node ${OLDEST_NODE_MAJOR} along`,
    remedy: `${evidence.command} version`,
  };
};

const probing: Judge = (evidence, running) => {
  const can =
    running ?? (evidence.canOpenRawSockets ? 'raw' : evidence.canOpenPingSockets ? 'datagram' : 'none');
  if (can === 'raw') return fine('raw-sockets', 'Echoes go through raw sockets');
  if (can === 'datagram') {
    return {
      id: 'raw-sockets',
      severity: 'missing',
      title: 'Echoes go through unprivileged sockets: they work, but raw sockets tell more about failures',
      remedy: asRoot(evidence, `${evidence.command} install agent`),
    };
  }
  return {
    id: 'raw-sockets',
    severity: 'broken',
    title: 'This machine cannot ping: no right to raw sockets, and ping_group_range lets nobody else',
    remedy: asRoot(evidence, 'sysctl -w net.ipv4.ping_group_range="0 2147483647"'),
  };
};

const capture: Judge = (evidence, running) => {
  if (!evidence.hasPacketSockets) {
    return {
      id: 'capture',
      severity: 'missing',
      title: 'This kernel has no packet sockets: nothing to capture with',
    };
  }
  if (evidence.canOpenRawSockets || running === 'raw') return fine('capture', 'Packets can be captured');
  return {
    id: 'capture',
    severity: 'missing',
    title: 'Capturing packets needs root',
    remedy: asRoot(evidence, `${evidence.command} install agent`),
  };
};

const services: Judge = (evidence, running) => {
  if (!evidence.hasSystemd) {
    return {
      id: 'services',
      severity: 'missing',
      title: 'systemd does not run here: services cannot be watched or acted on',
    };
  }
  if (evidence.isRoot || running === 'raw') return fine('services', 'systemd runs here');
  return {
    id: 'services',
    severity: 'missing',
    title: 'Acting on services needs root',
    remedy: asRoot(evidence, `${evidence.command} install agent`),
  };
};

const ipv6: Judge = (evidence) => {
  if (evidence.hasIpv6) return fine('ipv6', 'IPv6 is there');
  return {
    id: 'ipv6',
    severity: 'missing',
    title: 'IPv6 is switched off: IPv6 targets and peers cannot be reached',
    remedy: asRoot(evidence, 'sysctl -w net.ipv6.conf.all.disable_ipv6=0'),
  };
};

const user: Judge = (evidence) => {
  if (evidence.hasUserMaille) return fine('user-maille', 'The user maille exists');
  return {
    id: 'user-maille',
    severity: 'missing',
    title: 'There is no user maille to run as',
    remedy: asRoot(evidence, `${evidence.command} install agent`),
  };
};

const clock: Judge = (evidence) => {
  if (evidence.clockSynchronized !== false) {
    return fine(
      'clock',
      evidence.clockSynchronized ? 'The clock is synchronised' : 'Nothing is known against the clock',
    );
  }
  return {
    id: 'clock',
    severity: 'missing',
    title: 'Nothing synchronises the clock: times of machines will not agree',
    remedy: asRoot(evidence, 'apt install systemd-timesyncd'),
  };
};

const openFiles: Judge = (evidence) => {
  if (evidence.maxOpenFiles >= ENOUGH_OPEN_FILES)
    return fine('open-files', `${evidence.maxOpenFiles} open files`);
  return {
    id: 'open-files',
    severity: 'missing',
    title: `Only ${evidence.maxOpenFiles} open files are allowed: a busy server needs ${ENOUGH_OPEN_FILES}`,
    remedy: 'ulimit -n 65536',
  };
};

const disk: Judge = (evidence) => {
  const { diskFreeBytes: free, dataDir } = evidence;
  if (free === undefined) return fine('disk', 'No data is kept on this machine');
  const room = `${Math.floor(free / 1024 ** 2).toLocaleString('en')} MB free in ${dataDir}`;
  if (free >= LOW_DISK_BYTES) return fine('disk', room);
  return {
    id: 'disk',
    severity: free < EMPTY_DISK_BYTES ? 'broken' : 'missing',
    title: `Little room for samples: ${room}`,
    remedy: `du -xh --max-depth=2 ${dataDir} | sort -h`,
  };
};

const judges: Judge[] = [kernel, node, probing, capture, services, user, ipv6, clock, openFiles, disk];
const order: Record<Finding['severity'], number> = { broken: 0, missing: 1, fine: 2 };

/** A server needs no rights: what only an agent does is not missed by it. */
const serverJudges: Judge[] = [kernel, node, ipv6, clock, openFiles, disk];

/** Worst first. */
export function judgeHost(evidence: HostEvidence, running?: Probing, forServer = false): Finding[] {
  return (forServer ? serverJudges : judges)
    .map((judge) => judge(evidence, running))
    .map((finding) => ({ ...finding, title: finding.title.slice(0, 200) }))
    .sort((a, b) => order[a.severity] - order[b.severity]);
}
