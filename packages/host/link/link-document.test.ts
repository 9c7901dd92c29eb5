/** docs/protocol/link.md is what strangers build on: its example must be what the code does. */
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { reconnectDelayMs } from '@maille/engine/link/backoff';
import { linkTranscript } from '@maille/engine/link/transcript';
import { LINK_SILENCE_MS, linkCloseCodes, machineStates } from '@maille/wire/link/messages';
import { decodeSampleFrame } from '@maille/wire/link/sample-frame';
import { outcomes } from '@maille/wire/link/samples';
import { createIdentityVerifier } from '../identity.ts';

const text = readFileSync(join(import.meta.dirname, '../../../docs/protocol/link.md'), 'utf8');
const block = (language: string) =>
  (new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\\n\`\`\``).exec(text)?.[1] ?? '') as string;

/** RFC 8410: the head of a PKCS#8 Ed25519 key, then the 32 bytes. */
function keyOf(byte: number): KeyObject {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  return createPrivateKey({
    key: Buffer.concat([head, Buffer.alloc(32, byte)]),
    format: 'der',
    type: 'pkcs8',
  });
}
function publicOf(key: KeyObject): { publicKey: string; id: string } {
  const raw = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(12);
  return {
    publicKey: raw.toString('base64url'),
    id: createHash('sha256').update(raw).digest('hex').slice(0, 32),
  };
}

test('the example of the opening is true, to the letter', () => {
  const messages = text
    .split('\n')
    .filter((line) => /^[→←] \{/.test(line))
    .map((line) => JSON.parse(line.slice(2).replace('{…}', '{}')));
  const [hello, helloResult, prove, proveResult] = messages.map(({ params, result }) => params ?? result);
  const agent = keyOf(0x61);
  const server = keyOf(0x73);
  assert.deepEqual({ publicKey: hello.publicKey, id: hello.agentId }, publicOf(agent));
  assert.deepEqual({ publicKey: helloResult.publicKey, id: helloResult.serverId }, publicOf(server));
  const parts = {
    agentId: hello.agentId,
    serverId: helloResult.serverId,
    agentNonce: hello.nonce,
    serverNonce: helloResult.nonce,
    channelBinding: Buffer.alloc(32, 3).toString('base64url'),
  };
  assert.equal(parts.agentNonce, Buffer.alloc(16, 1).toString('base64url'));
  assert.equal(parts.serverNonce, Buffer.alloc(16, 2).toString('base64url'));
  const transcript = linkTranscript('server', parts);
  assert.equal(new TextDecoder().decode(transcript), block('transcript'));
  assert.equal(helloResult.signature, sign(null, transcript, server).toString('base64url'));
  assert.equal(prove.signature, sign(null, linkTranscript('agent', parts), agent).toString('base64url'));
  const verifier = createIdentityVerifier();
  assert.equal(verifier.idOf(hello.publicKey), hello.agentId);
  assert.ok(machineStates.includes(proveResult.state));
});

test('the example of a frame is one', () => {
  const { epoch, sequence, backlog, batch } = decodeSampleFrame(
    Buffer.from(block('hex').replaceAll(/\s/g, ''), 'hex'),
  );
  assert.deepEqual([epoch, sequence, backlog, batch.count], ['0123456789abcdef', 42, true, 2]);
  assert.deepEqual([...batch.targetIds], [1, 2]);
  assert.deepEqual([...batch.rtts10ns], [12_345, 0]);
  assert.deepEqual([...batch.outcomes], [outcomes.indexOf('reply'), outcomes.indexOf('timeout')]);
});

test('the numbers of the page are those of the code', () => {
  for (const code of Object.values(linkCloseCodes)) assert.ok(text.includes(`| ${code} |`), `${code}`);
  outcomes.forEach((outcome, i) => {
    assert.ok(text.includes(`${i} ${outcome}`), outcome);
  });
  assert.ok(text.includes(`nothing for ${LINK_SILENCE_MS / 1_000} s`));
  const ceilings = Array.from({ length: 9 }, (_, i) => Math.ceil(reconnectDelayMs(i, () => 0.999) / 1_000));
  assert.deepEqual(ceilings, [1, 1, 1, 2, 4, 8, 16, 30, 30]);
});
