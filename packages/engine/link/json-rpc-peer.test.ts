import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import { createFakeClock } from '@maille/testkit/fake-clock';
import fc from 'fast-check';
import { createJsonRpcPeer, type JsonRpcPeer, type JsonRpcPeerOptions } from './json-rpc-peer.ts';

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function pair(options: Partial<JsonRpcPeerOptions> = {}) {
  const clock = createFakeClock();
  const heard: unknown[] = [];
  const left: JsonRpcPeer = createJsonRpcPeer({
    clock,
    send: (text) => right.receive(text),
    methods: {},
    ...options,
  });
  const right: JsonRpcPeer = createJsonRpcPeer({
    clock,
    send: (text) => left.receive(text),
    maxIncoming: 2,
    methods: {
      double: (params) => (params as number) * 2,
      refuse: () => {
        throw new Problem('conflict', 'not now', { remedy: 'later' });
      },
      break: () => {
        throw new Error('secret detail');
      },
      hang: () => new Promise(() => {}),
      note: (params) => heard.push(params),
    },
  });
  return { clock, left, right, heard };
}

test('asks, answers and notifies', async () => {
  const { left, heard } = pair();
  assert.equal(await left.request('double', 21), 42);
  left.notify('note', { a: 1 });
  left.notify('unknown');
  await settle();
  assert.deepEqual(heard, [{ a: 1 }]);
});

test('a Problem arrives with its code, sentence and remedy; any other error says nothing of itself', async () => {
  const { left } = pair();
  await assert.rejects(left.request('refuse'), (error: Problem) => {
    assert.deepEqual([error.code, error.message, error.remedy], ['conflict', 'not now', 'later']);
    return true;
  });
  await assert.rejects(left.request('break'), (error: Error) => !error.message.includes('secret'));
  await assert.rejects(left.request('nothing'), /too old for this/);
  await assert.rejects(left.request('constructor'), /too old for this/);
});

test('what waits is bounded on both sides, and times out', async () => {
  const { left, clock } = pair({ maxOutstanding: 3, requestTimeoutMs: 1_000 });
  const results = [1, 2, 3].map(() => left.request('hang').catch((error: Problem) => error.code));
  await assert.rejects(left.request('hang'), (error: Problem) => error.code === 'too-many');
  await settle();
  await clock.advance(1_000);
  assert.deepEqual(await Promise.all(results), ['unavailable', 'unavailable', 'too-many']);
});

test('closing fails what waits, and ends all sending', async () => {
  const { left, heard } = pair();
  const hanging = left.request('hang');
  left.close(new Problem('unavailable', 'gone'));
  await assert.rejects(hanging, /gone/);
  await assert.rejects(left.request('double', 1), /gone/);
  left.notify('note');
  await settle();
  assert.deepEqual(heard, []);
});

test('whatever comes in, nothing throws, every answer is JSON-RPC, and the peer goes on', async () => {
  const message = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record(
        {
          jsonrpc: fc.oneof(fc.constant('2.0'), fc.anything()),
          id: fc.anything(),
          method: fc.oneof(fc.constantFrom('double', 'hang', '__proto__', 'note'), fc.anything()),
          params: fc.anything(),
          result: fc.anything(),
          error: fc.anything(),
        },
        { requiredKeys: [] },
      )
      .map((value) => JSON.stringify(value) ?? ''),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(message, { maxLength: 10 }), async (texts) => {
      const said: string[] = [];
      const peer = createJsonRpcPeer({
        clock: createFakeClock(),
        send: (text) => said.push(text),
        methods: { double: (params) => (params as number) * 2, note: () => {} },
      });
      for (const text of texts) peer.receive(text);
      await settle();
      for (const text of said) {
        const answer = JSON.parse(text) as Record<string, unknown>;
        assert.equal(answer.jsonrpc, '2.0');
        assert.ok('result' in answer !== 'error' in answer);
      }
      said.length = 0;
      peer.receive('{"jsonrpc":"2.0","id":"x","method":"double","params":4}');
      await settle();
      assert.deepEqual(
        said.map((text) => JSON.parse(text)),
        [{ jsonrpc: '2.0', id: 'x', result: 8 }],
      );
    }),
  );
});
