import assert from 'node:assert/strict';
import test from 'node:test';
import { asError } from '@maille/testkit/fake-trace-network';
import fc from 'fast-check';
import { internetChecksum } from '../probe/internet-checksum.ts';
import { checksumOfFlow, readTraceMessage, writeTraceEcho } from './trace-packet.ts';

const word = fc.integer({ min: 0, max: 0xffff_ffff });
const flow = fc.integer({ min: 0, max: 7 });
const nonce = fc.tuple(word, word).filter(([a, b]) => a !== 0 || b !== 0);
const port = { family: 4, ident: 0x4d54, messagesHaveIpHeader: false } as const;

test('what a router looks at is the same for all probes of a flow, and another for another flow', () => {
  fc.assert(
    fc.property(nonce, word, word, flow, (session, one, other, number) => {
      const a = writeTraceEcho(port, session, one, number);
      const b = writeTraceEcho(port, session, other, number);
      assert.deepEqual(a.subarray(0, 6), b.subarray(0, 6)); // type, code, checksum, identifier
      assert.equal(internetChecksum(a, 0, a.length), 0, 'and the checksum is right');
      assert.equal((a[2] as number) * 256 + (a[3] as number), checksumOfFlow(number));
    }),
  );
  assert.equal(new Set([0, 1, 2, 3, 4, 5, 6, 7].map(checksumOfFlow)).size, 8);
});

test('an error says which probe it is about: wholly, by the sequence, or with zeros for the rest', () => {
  fc.assert(
    fc.property(nonce, word, flow, fc.integer({ min: 8, max: 24 }), (session, serial, number, length) => {
      for (const family of [4, 6] as const) {
        const echo = writeTraceEcho({ ...port, family }, session, serial, number);
        const to = { family, bytes: new Uint8Array(family === 4 ? 4 : 16).fill(9) };
        const padded = echo.slice();
        padded.fill(0, 8);
        for (const quote of [echo.slice(0, length), padded]) {
          const message = asError(family === 4 ? 11 : 3, 0, { to }, quote, family);
          const found = readTraceMessage({ ...port, family }, message, session);
          assert.equal(found?.kind, 'exceeded');
          assert.equal(found.sequence, serial & 0xffff);
          assert.equal(found.serial, quote === padded || length < 20 ? -1 : serial);
          assert.deepEqual(found.to, to.bytes);
        }
      }
    }),
  );
});

test('whatever bytes come, reading ends, and no stranger passes for this session', () => {
  const shapes = [
    { ...port, messagesHaveIpHeader: true },
    port,
    { family: 6, ident: 0x4d54, messagesHaveIpHeader: false } as const,
  ];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), nonce, (bytes, session) => {
      for (const shape of shapes) readTraceMessage(shape, bytes, session);
    }),
  );
  fc.assert(
    fc.property(nonce, nonce, word, (session, other, serial) => {
      fc.pre(session[0] !== other[0] || session[1] !== other[1]);
      const reply = writeTraceEcho(port, other, serial, 0);
      reply[0] = 0;
      assert.equal(readTraceMessage(port, reply, session), undefined);
      reply.set(writeTraceEcho({ ...port, ident: 7 }, session, serial, 0).subarray(1), 1);
      assert.equal(readTraceMessage(port, reply, session), undefined);
    }),
  );
});
