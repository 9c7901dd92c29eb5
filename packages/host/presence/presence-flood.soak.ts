/**
 * Ten thousand forged, oversized, malformed and replayed datagrams a second for thirty seconds, against a
 * server with five real peers, in namespaces. Prints what it costs the server; fails when it is more than
 * a fifth of a core, when memory grows, or when anything in the list changes.
 * `node presence-flood.soak.ts [seconds] [per second]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canMakeNamespaces, createNetwork } from '@maille/testkit/namespaces';
import {
  type PeerProcess,
  type PeerUsage,
  runFlood,
  startPeerProcess,
} from '@maille/testkit/presence-process';

if (!canMakeNamespaces) {
  console.log('skipped: needs root on Linux, for network namespaces');
  process.exit(0);
}
const seconds = Number(process.argv[2] ?? 30);
const perSecond = Number(process.argv[3] ?? 10_000);
const MAX_CPU_PERCENT = 20;
const MAX_GROWTH_BYTES = 16 * 1024 * 1024;
/** Beats every 2 s: a peer whose beats did not get through would be down after 14.4 s. */
const timings = { beatMs: 2_000 };

const folder = mkdtempSync(join(tmpdir(), 'maille-flood-'));
const network = createNetwork();
const running: PeerProcess[] = [];
const failures: string[] = [];

const nextUsage = async (victim: PeerProcess): Promise<PeerUsage> => {
  const before = victim.usage;
  await victim.until('figures', 10_000, (me) => me.usage !== before);
  return victim.usage as PeerUsage;
};
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
const table = (usage: PeerUsage) =>
  JSON.stringify(
    usage.peers
      .map(({ id, hostname, state, addresses, services, cloned }) => ({
        id,
        hostname,
        state,
        addresses,
        services,
        cloned,
      }))
      .sort((a, b) => a.id.localeCompare(b.id)),
  );

try {
  network.addBridge('br0');
  const start = async (label: string, number: number, more: object = {}) => {
    const host = network.addNamespace(label);
    network.plug(host, 'br0', 'eth0', [`10.93.0.${number}/16`]);
    const peer = await startPeerProcess(host, {
      hostname: label,
      keyFile: join(folder, label),
      timings,
      ...more,
    });
    running.push(peer);
    return peer;
  };
  const victim = await start('server', 1, { role: 'server', measure: true });
  const peers = await Promise.all(Array.from({ length: 5 }, (_, n) => start(`m${n + 1}`, n + 11)));
  const flooder = network.addNamespace('flooder');
  const sources = Array.from({ length: 50 }, (_, n) => `10.93.1.${n + 1}`);
  const onDevice = sources.map((source) => `${source}/16`);
  network.plug(flooder, 'br0', 'eth0', onDevice);
  await victim.until('all peers, both addresses', 15_000, (me) =>
    peers.every((peer) => me.peers.get(peer.id)?.addresses.length === 2),
  );
  // Warm: the code is compiled and the keys are parsed before it is measured.
  await runFlood(flooder, { perSecond, seconds: 3, victim: '10.93.0.1', sources });
  await nextUsage(victim);

  const quiet = await nextUsage(victim);
  const flood = runFlood(flooder, { perSecond, seconds, victim: '10.93.0.1', sources });
  let last = quiet;
  let peakRss = 0;
  let ended = false;
  void flood.then(() => {
    ended = true;
  });
  console.log('  second  received  checks  cpu %   rss');
  const busy: number[] = [];
  for (let second = 1; !ended; second++) {
    const now = await nextUsage(victim);
    const received = now.counters.received - last.counters.received;
    const cpuPercent = (now.cpuUs - last.cpuUs) / 10_000;
    if (received > perSecond / 2) busy.push(cpuPercent);
    peakRss = Math.max(peakRss, now.rssBytes);
    console.log(
      `  ${String(second).padStart(6)}  ${String(received).padStart(8)}  ${String(now.counters.signatureChecks - last.counters.signatureChecks).padStart(6)}  ${cpuPercent.toFixed(1).padStart(5)}   ${megabytes(now.rssBytes)}`,
    );
    last = now;
  }
  const sent = await flood;
  await nextUsage(victim);
  const after = await nextUsage(victim);
  const total = Object.values(sent).reduce((sum, n) => sum + n);
  const cpuPercent = busy.reduce((sum, n) => sum + n, 0) / busy.length;
  const received = after.counters.received - quiet.counters.received;
  console.log('sent', JSON.stringify(sent), 'in all', total, 'in', seconds, 's');
  console.log('read by the server', received, `(${((100 * received) / total).toFixed(1)} %)`);
  console.log('refused', JSON.stringify(after.counters.refused));
  console.log(
    `cpu of the server while it lasts: ${cpuPercent.toFixed(1)} % of a core (bound ${MAX_CPU_PERCENT} %)`,
  );
  console.log(
    `rss: ${megabytes(quiet.rssBytes)} before, ${megabytes(peakRss)} at most, ${megabytes(after.rssBytes)} after`,
  );
  if (total !== perSecond * seconds) failures.push('the flood was not as large as it had to be');
  if (received < total * 0.95) failures.push('the server did not read the flood: its figures say nothing');
  if (cpuPercent > MAX_CPU_PERCENT) failures.push('too much processor time');
  if (after.rssBytes - quiet.rssBytes > MAX_GROWTH_BYTES) failures.push('memory grew');
  if (table(after) !== table(quiet)) failures.push(`the list changed:\n  ${table(quiet)}\n  ${table(after)}`);
  for (const peer of peers) {
    const states = victim.statesOf(peer.id);
    if (states.join() !== 'alive') failures.push(`${peer.hostname} was ${states.join(', ')}`);
  }
} finally {
  await Promise.all(running.map((peer) => peer.signal('SIGKILL')));
  network.remove();
  rmSync(folder, { recursive: true });
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
console.log(failures.length === 0 ? 'passed' : 'failed');
process.exit(failures.length === 0 ? 0 : 1);
