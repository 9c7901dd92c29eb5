/** A prober's namespace, and one whose kernel answers for whole prefixes: every echo crosses a cable, and nothing leaves the machine. */
import { readFileSync } from 'node:fs';
import { createNetwork, type Namespace } from '@maille/testkit/namespaces';

export type Family = 4 | 6;

export interface AnsweringNetwork {
  prober: Namespace;
  /** Its kernel answers for 10.96.0.0/12 and fd99::/16. */
  far: Namespace;
  /** Echo requests that the far kernel has received since its start: the truth about what was sent. */
  echoesAsked(): number;
  /** Packets that either kernel threw away for want of room, as far as it says. */
  kernelDrops(): number;
  remove(): void;
}

export const FAR_ADDRESS = '10.1.0.1';
const FIRST = { 4: '10.96.0.1', 6: 'fd99::1' } as const;
export const firstAddress = (family: Family): string => FIRST[family];

/** The address that lies `i` after the first. */
export function addressAt(family: Family, i: number): string {
  const low = i + 1;
  if (family === 4) return `10.${96 + (low >> 16)}.${(low >> 8) & 255}.${low & 255}`;
  return `fd99::${(low >>> 16).toString(16)}:${(low & 0xffff).toString(16)}`;
}

export function createAnsweringNetwork(): AnsweringNetwork {
  const network = createNetwork();
  const prober = network.addNamespace('prober');
  const far = network.addNamespace('far');
  network.connect(prober, 'eth0', ['10.1.0.2/24', 'fd01::2/64'], far, 'eth0', [
    `${FAR_ADDRESS}/24`,
    'fd01::1/64',
  ]);
  prober.ip('route', 'add', '10.96.0.0/12', 'via', FAR_ADDRESS);
  far.ip('route', 'add', 'local', '10.96.0.0/12', 'dev', 'lo');
  prober.ip('-6', 'route', 'add', 'fd99::/16', 'via', 'fd01::1');
  far.ip('-6', 'route', 'add', 'local', 'fd99::/16', 'dev', 'lo');
  // The first packet of each family waits for its neighbour: that is the network's, not the prober's.
  for (const family of [4, 6] as const)
    prober.run('ping', '-n', '-q', '-c', '1', '-w', '20', firstAddress(family));

  return {
    prober,
    far,
    echoesAsked: () =>
      counterOf(far.run('cat', '/proc/net/snmp'), 'InEchos') +
      Number(/^Icmp6InEchos\s+(\d+)/m.exec(far.run('cat', '/proc/net/snmp6'))?.[1] ?? 0),
    kernelDrops: () =>
      [prober, far].reduce((sum, { run }) => sum + linkDrops(run('ip', '-s', 'link', 'show', 'eth0')), 0) +
      backlogDrops(),
    remove: network.remove,
  };
}

/** /proc/net/snmp: a line of names, then a line of numbers. */
function counterOf(snmp: string, name: string): number {
  const lines = snmp.split('\n').filter((line) => line.startsWith('Icmp:'));
  const at = lines[0]?.split(' ').indexOf(name) ?? -1;
  return Number(lines[1]?.split(' ')[at] ?? 0);
}

/** `RX: bytes packets errors dropped …` and the same for TX, each with its numbers on the next line. */
function linkDrops(text: string): number {
  const lines = text.split('\n');
  return lines.reduce(
    (sum, line, i) =>
      /^\s+[RT]X:/.test(line) ? sum + Number(lines[i + 1]?.trim().split(/\s+/)[3] ?? 0) : sum,
    0,
  );
}

/** Of every processor's queue between a cable's two ends; the queues are the machine's, not a namespace's. */
function backlogDrops(): number {
  const rows = readFileSync('/proc/net/softnet_stat', 'utf8').trim().split('\n');
  return rows.reduce((sum, row) => sum + Number.parseInt(row.split(' ')[1] ?? '0', 16), 0);
}
