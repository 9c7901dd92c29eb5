/**
 * Fuzzing of presence: three peers on a simulated LAN, and one of them gets datagrams mutated from valid
 * ones, with the rate limits lifted so that all go as deep as they can. Then datagrams with hostile
 * content that are well signed, by strangers and by a peer.
 */
import { createIdentity } from '@maille/host/identity';
import type { Datagram } from '@maille/wire/presence/datagram';
import { encodeDatagram } from '@maille/wire/presence/datagram-codec';
import { mutateBytes, mutateJson } from './datagram-mutations.ts';
import { createPresenceLan, type LanHost } from './presence-lan.ts';
import { createRandom } from './random.ts';

const unlimited = { perSecond: 1e9, burst: 1e9 };
const limits = { peer: unlimited, source: unlimited, peers: unlimited, strangers: unlimited };
const DATAGRAMS_A_STEP = 500;
const STEP_MS = 50;

export interface FuzzResult {
  mutated: number;
  signed: number;
  signatureChecks: number;
  refused: Record<string, number>;
  /** What changed and must not have. */
  failures: string[];
}

/** The list without what changes as time goes by. */
const table = (host: LanHost) =>
  JSON.stringify(
    host.engine
      .peers()
      .map(({ lastSeenMs: _, clockSkewMs: __, ...rest }) => rest)
      .sort((a, b) => a.id.localeCompare(b.id)),
  );

export async function fuzzPresence(options: {
  mutated: number;
  signed: number;
  seed: number;
  onProgress?: (done: number) => void;
}): Promise<FuzzResult> {
  const random = createRandom(options.seed);
  const lan = createPresenceLan(options.seed);
  const services = [{ kind: 'web', name: 'nginx', port: 80 }];
  const victim = lan.addHost({ limits });
  const peer = lan.addHost({ services });
  const third = lan.addHost({ services });
  await lan.clock.advance(10_000);
  // For a while the victim does not hear one of them: probes and asks are recorded too.
  lan.blocks((from, to) => from === third.address && to === victim.address);
  await lan.clock.advance(60_000);
  lan.blocks(() => false);
  victim.engine.setServices(services);
  await lan.clock.advance(60_000);
  const valid = victim.heard.map(({ bytes }) => bytes);
  const pick = () => valid[Math.floor(random() * valid.length)] as Uint8Array;
  const before = table(victim);
  const failures: string[] = [];
  const pace = async (done: number) => {
    if (done % DATAGRAMS_A_STEP !== 0) return;
    await lan.clock.advance(STEP_MS);
    options.onProgress?.(done);
  };
  const origins = [peer.address, third.address, victim.address, '10.65.0.77', 'fe80::1%eth0'];
  const origin = () => ({ address: origins[Math.floor(random() * origins.length)] as string, port: 4432 });

  for (let done = 1; done <= options.mutated; done++) {
    const toAddress = random() < 0.5 ? victim.address : undefined;
    lan.inject(victim, mutateBytes(pick(), pick(), random), origin(), toAddress);
    await pace(done);
  }
  if (table(victim) !== before) failures.push(`the list changed:\n  ${before}\n  ${table(victim)}`);

  // Well signed: what a rogue peer or a stranger with a key of its own could send.
  const strangers = Array.from({ length: 20 }, () => createIdentity());
  const signers = [peer.identity, ...strangers];
  let sequence = 1_000_000;
  for (let done = 1; done <= options.signed; done++) {
    const signer = signers[Math.floor(random() * signers.length)] as (typeof signers)[number];
    const { pad: _, ...content } = JSON.parse(new TextDecoder().decode(pick())).signed as Datagram;
    const honest = { ...content, from: signer.id, key: signer.publicKey, sequence: ++sequence } as Datagram;
    const text = new TextEncoder().encode(JSON.stringify({ ...honest, wallMs: lan.clock.wallMs() }));
    let hostile: Datagram;
    try {
      hostile = JSON.parse(
        new TextDecoder().decode(random() < 0.3 ? text : mutateJson(text, random)),
      ) as Datagram;
    } catch {
      continue;
    }
    if (typeof hostile !== 'object' || hostile === null) continue;
    lan.inject(
      victim,
      encodeDatagram(hostile, (message) => signer.sign(message)),
      origin(),
      victim.address,
    );
    await pace(done);
  }
  await lan.clock.advance(30_000);
  const listed = victim.engine.peers();
  const strange = listed.filter((one) => one.id !== peer.identity.id && one.id !== third.identity.id);
  if (strange.length > 0) failures.push(`strangers were listed: ${JSON.stringify(strange)}`);
  if (listed.find((one) => one.id === third.identity.id)?.state !== 'alive')
    failures.push('a bystander was lost');
  const { signatureChecks, refused } = victim.engine.counters();
  return { mutated: options.mutated, signed: options.signed, signatureChecks, refused, failures };
}
