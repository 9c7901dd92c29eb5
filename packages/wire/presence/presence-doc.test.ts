/** What docs/protocol/presence.md shows and says is what the code does. */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { defaultLimits, defaultTimings, longestBeatMs } from '@maille/engine/presence/presence-options';
import { createIdentityVerifier } from '@maille/host/identity';
import {
  datagramSchemas,
  GREETING_BYTES,
  MAX_DATAGRAM_BYTES,
  MIN_DATAGRAM_BYTES,
  PRESENCE_GROUP_IPV4,
  PRESENCE_GROUP_IPV6,
  PRESENCE_PORT,
} from './datagram.ts';
import {
  encodeDatagram,
  parseDatagram,
  peekDatagram,
  signatureBytes,
  signedBytes,
} from './datagram-codec.ts';
import { refusalReasons } from './presence-port.ts';

const page = readFileSync(new URL('../../../docs/protocol/presence.md', import.meta.url), 'utf8');
const example = Buffer.from(/```text\n(.*)\n```/.exec(page)?.[1] ?? '');
const seed = Buffer.from(/`([0-9a-f]{64})`, public key/.exec(page)?.[1] ?? '', 'hex');
const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
});

test('the example is what a stranger computes from the words of the page', () => {
  // By the page alone: places, context, SHA-256.
  assert.equal(example.length, 434);
  const signature = Buffer.from(example.subarray(25, 111).toString(), 'base64url');
  const message = Buffer.concat([Buffer.from('maille-presence.1\n'), example.subarray(122, -1)]);
  assert.ok(verify(null, message, createPublicKey(key), signature));
  const { signed } = JSON.parse(example.toString());
  const raw = Buffer.from(signed.key, 'base64url');
  assert.ok(page.includes(raw.toString('hex')));
  assert.equal(signed.from, createHash('sha256').update(raw).digest('hex').slice(0, 32));
});

test('the codec reads the example, and writes it again to the byte', () => {
  const head = peekDatagram(example);
  assert.ok(head);
  const datagram = parseDatagram(example, head);
  assert.ok(datagram);
  assert.deepEqual(Buffer.from(encodeDatagram(datagram, (message) => sign(null, message, key))), example);
  const verifier = createIdentityVerifier();
  assert.equal(verifier.idOf(datagram.key), datagram.from);
  assert.ok(verifier.verify(datagram.key, signedBytes(example), signatureBytes(head)));
  const changed = Buffer.from(example.toString().replace('web-1', 'web-2'));
  assert.equal(verifier.verify(datagram.key, signedBytes(changed), signatureBytes(head)), false);
});

test('the numbers of the page are those of the code', () => {
  const says = (text: string) => assert.ok(page.replace(/\s+/g, ' ').includes(text), text);
  says(`port ${PRESENCE_PORT}`);
  says(PRESENCE_GROUP_IPV4);
  says(PRESENCE_GROUP_IPV6);
  says(`**${MAX_DATAGRAM_BYTES} bytes**`);
  says(`shorter than ${MIN_DATAGRAM_BYTES}`);
  says(`**${GREETING_BYTES} bytes**`);
  const beat = defaultTimings.beatMs / 1_000;
  const missed = longestBeatMs(defaultTimings) / 1_000;
  says(`every ${beat} s, each time ${defaultTimings.beatJitter * 100} % earlier or later`);
  says(`every ${missed} s (${beat} s and 20 %)`);
  const { askAfterMissed, suspectAfterMissed, downAfterMissed } = defaultTimings;
  says(`${askAfterMissed * missed} s, ${suspectAfterMissed * missed} s, ${downAfterMissed * missed} s`);
  says(`after a random ${defaultTimings.replyDelayMinMs}–${defaultTimings.replyDelayMaxMs} ms`);
  says(`${defaultTimings.forgetAfterMs / 3_600_000} h after`);
  says(`give or take ${defaultTimings.staleAfterMs / 1_000} s`);
  says(`three times, ${defaultTimings.goodbyeGapMs} ms apart`);
  const { peer, source, peers, strangers } = defaultLimits;
  says(`${peer.perSecond} a second (${peer.burst} at once) each, ${peers.perSecond} all together`);
  says(
    `${source.perSecond} a second (${source.burst} at once) an address, ${strangers.perSecond} all together`,
  );
  says(`${defaultLimits.maxMembers} peers, ${defaultLimits.maxMembersPerSource} an address`);
  says(`${defaultLimits.maxPendingReplies} wait at most`);
  for (const word of [...refusalReasons, ...Object.keys(datagramSchemas)]) says(`\`${word}\``);
});
