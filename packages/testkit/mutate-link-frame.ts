/** Frames as an agent sends them, bent: bits, lengths, types, depth. The same seed gives the same frames. */

import { encodeSampleFrame } from '@maille/wire/link/sample-frame';
import { labBatch, labFacts } from './link-lab.ts';

export interface FrameMutator {
  next(): string | Uint8Array;
}

const strangeValues: unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  '\u0000',
  'x'.repeat(5_000),
  [],
  {},
  [[[[[[]]]]]],
  { __proto__: null, constructor: 1 },
  '__proto__',
  2 ** 53,
  -0.5,
];

export function createFrameMutator(seed: number): FrameMutator {
  let state = seed | 0;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(random() * bound);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;

  const peer = {
    id: 'ab'.repeat(16),
    hostname: 'printer',
    role: 'agent',
    state: 'alive',
    addresses: ['192.0.2.7'],
    version: '0.1.0',
    services: [],
    firstSeenMs: 1_000,
    lastSeenMs: 5_000,
    clockSkewMs: 0,
    cloned: false,
  };
  const status = {
    sensor: 'running',
    probing: 'raw',
    targets: 1,
    spooledBytes: 0,
    spooledSamples: 0,
    droppedSamples: 0,
    droppedPackets: 0,
    abandonedProbes: 0,
    unresolved: [],
  };
  const identity = { agentId: 'cd'.repeat(16), publicKey: 'A'.repeat(43), nonce: 'n'.repeat(22) };
  const messages: Record<string, unknown>[] = [
    {
      jsonrpc: '2.0',
      id: 1,
      method: 'hello',
      params: { version: 1, ...identity },
    },
    {
      jsonrpc: '2.0',
      id: 2,
      method: 'prove',
      params: { signature: 'A'.repeat(86), token: 'join_x', facts: labFacts },
    },
    { jsonrpc: '2.0', id: 3, method: 'targets.resync' },
    { jsonrpc: '2.0', method: 'status', params: status },
    { jsonrpc: '2.0', method: 'peers', params: { replace: true, put: [peer], remove: ['ef'.repeat(16)] } },
    { jsonrpc: '2.0', method: 'facts', params: labFacts },
    { jsonrpc: '2.0', id: 9, result: { ok: true } },
    { jsonrpc: '2.0', id: 9, error: { code: -32000, message: 'no', data: { code: 'conflict' } } },
  ];

  /** Replaces, removes or adds something somewhere in a value. */
  function bend(value: unknown, depth = 0): unknown {
    if (depth > 6 || random() < 0.25) return pick(strangeValues);
    if (Array.isArray(value)) {
      const list = [...value];
      if (list.length === 0 || random() < 0.2) list.push(pick(strangeValues));
      else list[below(list.length)] = bend(list[below(list.length)], depth + 1);
      return list;
    }
    if (typeof value !== 'object' || value === null) return pick(strangeValues);
    const entries = Object.entries(value);
    const at = below(entries.length + 1);
    const entry = entries[at];
    if (!entry) entries.push([pick(['x', '__proto__', 'constructor', 'id']), pick(strangeValues)]);
    else if (random() < 0.2) entries.splice(at, 1);
    else entries[at] = [entry[0], bend(entry[1], depth + 1)];
    return Object.fromEntries(entries);
  }

  function bendText(text: string): string {
    const at = below(text.length);
    switch (below(4)) {
      case 0:
        return text.slice(0, at);
      case 1:
        return text.slice(0, at) + String.fromCharCode(below(0x10000)) + text.slice(at + 1);
      case 2:
        return text + text;
      default:
        return '['.repeat(below(2_000)) + text;
    }
  }

  function bendBytes(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(bytes);
    for (let i = 0; i <= below(4); i++) out[below(out.length)] = below(256);
    const cut = random() < 0.2 ? below(out.length) : out.length;
    // As ws hands it over: a view somewhere in a larger buffer.
    const skew = below(4);
    const pool = Buffer.alloc(cut + skew);
    pool.set(out.subarray(0, cut), skew);
    return pool.subarray(skew);
  }

  return {
    next() {
      if (random() < 0.5) {
        const ids = Array.from({ length: 1 + below(20) }, () => 1 + below(60));
        const frame = encodeSampleFrame({
          epoch: 'cd'.repeat(8),
          sequence: 1 + below(2 ** 31),
          backlog: random() < 0.5,
          batch: labBatch(ids, below(2 ** 41)),
        });
        return random() < 0.1 ? frame : bendBytes(frame);
      }
      const message = pick(messages);
      if (random() < 0.1) return JSON.stringify(message);
      return random() < 0.3
        ? bendText(JSON.stringify(message))
        : (JSON.stringify(bend(message)) ?? 'undefined');
    },
  };
}
