import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type Datagram,
  type DatagramBody,
  GREETING_BYTES,
  MAX_DATAGRAM_BYTES,
  SIGNATURE_CONTEXT,
} from './datagram.ts';
import {
  encodeDatagram,
  parseDatagram,
  peekDatagram,
  signatureBytes,
  signedBytes,
} from './datagram-codec.ts';
import { splitServices } from './service-pieces.ts';

const hex = (characters: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: characters, maxLength: characters });
const self = {
  incarnation: Number.MAX_SAFE_INTEGER,
  role: 'server' as const,
  hostname: 'h'.repeat(253),
  version: 'v'.repeat(64),
  inventory: 'f'.repeat(16),
};
const largest: DatagramBody[] = [
  { type: 'beat', ...self, greet: false },
  { type: 'reply', ...self, asks: 'a'.repeat(16), siblings: [65535, 65535, 65535, 65535] },
  { type: 'probe', suspects: Number.MAX_SAFE_INTEGER },
  { type: 'ask', about: 'b'.repeat(32) },
  { type: 'leave' },
  { type: 'inventory-request', inventory: 'c'.repeat(16), piece: 63 },
];
const whole = (body: DatagramBody, over: Partial<Datagram> = {}): Datagram =>
  ({
    from: '0'.repeat(32),
    boot: '1'.repeat(16),
    token: '2'.repeat(16),
    sequence: Number.MAX_SAFE_INTEGER,
    key: 'k'.repeat(43),
    wallMs: Date.UTC(2200, 0),
    ...body,
    ...over,
  }) as Datagram;
const sign = (message: Uint8Array) => new Uint8Array(64).fill(message.length & 255);

test('a datagram survives encoding, and what is signed is the context and a plain range of it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...largest),
      hex(32),
      hex(16),
      hex(16),
      fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      (body, from, boot, token, sequence) => {
        const datagram = whole(body, { from, boot, token, sequence });
        let signed: Uint8Array | undefined;
        const bytes = encodeDatagram(datagram, (message) => {
          signed = message;
          return sign(message);
        });
        const head = peekDatagram(bytes);
        assert.ok(head);
        assert.deepEqual(parseDatagram(bytes, head), datagram);
        assert.deepEqual(signedBytes(bytes), signed);
        assert.deepEqual(signatureBytes(head), sign(signed as Uint8Array));
        const text = new TextDecoder().decode(bytes);
        assert.ok(new TextDecoder().decode(signed).startsWith(SIGNATURE_CONTEXT));
        assert.deepEqual(JSON.parse(text).signed, datagram); // the whole is JSON, for people with jq
      },
    ),
  );
});

test('every datagram that answers fits the size that every asking one is padded to', () => {
  for (const body of largest) {
    assert.ok(encodeDatagram(whole(body), sign).length <= GREETING_BYTES, body.type);
    assert.equal(encodeDatagram(whole(body), sign, GREETING_BYTES).length, GREETING_BYTES, body.type);
  }
});

test('a head that says another thing than the rest is refused', () => {
  const bytes = encodeDatagram(whole({ type: 'leave' }), sign);
  const text = new TextDecoder().decode(bytes);
  for (const [name, value] of [
    ['from', `"${'9'.repeat(32)}"`],
    ['boot', `"${'9'.repeat(16)}"`],
    ['token', `"${'9'.repeat(16)}"`],
    ['sequence', '7'],
  ] as const) {
    const twice = new TextEncoder().encode(`${text.slice(0, -2)},"${name}":${value}}}`);
    const head = peekDatagram(twice);
    assert.ok(head);
    assert.equal(parseDatagram(twice, head), undefined, name);
  }
});

test('whatever bytes come, peeking and parsing never throw', () => {
  const valid = encodeDatagram(whole({ type: 'beat', ...self, greet: true }), sign, GREETING_BYTES);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 1_400 }),
      fc.array(fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      (noise, edits) => {
        const mutated = valid.slice();
        for (const [at, value] of edits) mutated[at] = value;
        for (const bytes of [noise, mutated, mutated.subarray(0, noise.length)]) {
          const head = peekDatagram(bytes);
          if (head) parseDatagram(bytes, head);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('services go into pieces that fit, in order, none lost', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          kind: fc.constantFrom('web', 'a'.repeat(32)),
          name: fc.string({ unit: 'grapheme', maxLength: 64 }),
          port: fc.integer({ min: 1, max: 65_535 }),
        }),
        { maxLength: 128 },
      ),
      (services) => {
        const { pieces, left } = splitServices(services);
        const kept = pieces.flat();
        assert.equal(kept.length + left, services.length);
        if (left === 0) assert.deepEqual(kept, services);
        for (const [piece, list] of pieces.entries()) {
          const bytes = encodeDatagram(
            whole({
              type: 'inventory',
              inventory: 'd'.repeat(16),
              piece,
              pieces: pieces.length,
              services: list,
            }),
            sign,
          );
          assert.ok(bytes.length <= MAX_DATAGRAM_BYTES, `${bytes.length}`);
        }
      },
    ),
  );
});
