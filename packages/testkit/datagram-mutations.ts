/** Hostile variants of a datagram: bytes flipped, cut, moved and repeated, and JSON with values swapped. */
import type { Random } from './random.ts';

const hostileValues: readonly string[] = [
  'null',
  'true',
  '-1',
  '0',
  '1e999',
  '9007199254740993',
  '0.5',
  '""',
  '"\\u0000"',
  '[]',
  '{}',
  '[[[[[[[[]]]]]]]]',
  '{"__proto__":{"x":1}}',
  '"constructor"',
  '"\\ud800"',
  `"${'a'.repeat(300)}"`,
  '1e-7',
  '-0',
  '"../../etc"',
  '"\\n"',
];

const below = (random: Random, end: number) => Math.floor(random() * end);

/** Never the bytes themselves. */
export function mutateBytes(original: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  for (;;) {
    let bytes: Uint8Array = Uint8Array.from(original);
    for (let n = below(random, 4); n >= 0; n--) bytes = mutateOnce(bytes, other, random);
    if (bytes.length !== original.length || bytes.some((byte, i) => byte !== original[i])) return bytes;
  }
}

function mutateOnce(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return other.slice(0, below(random, other.length));
  const at = below(random, bytes.length);
  switch (below(random, 8)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8));
      return bytes;
    case 1:
      bytes[at] = below(random, 256);
      return bytes;
    case 2:
      return bytes.slice(0, at);
    case 3: {
      const end = at + below(random, 40);
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(end)]);
    }
    case 4:
      return Uint8Array.from([...bytes.subarray(0, at), ...other.subarray(below(random, other.length))]);
    case 5:
      return Uint8Array.from([
        ...bytes.subarray(0, at),
        ...bytes.subarray(below(random, at + 1), at),
        ...bytes.subarray(at),
      ]);
    case 6: {
      // A digit or letter of its own kind: stays well formed, and only the signature tells.
      const byte = bytes[at] as number;
      if (byte >= 0x30 && byte <= 0x39) bytes[at] = 0x30 + below(random, 10);
      else if (byte >= 0x61 && byte <= 0x66) bytes[at] = 0x61 + below(random, 6);
      return bytes;
    }
    default:
      return mutateJson(bytes, random);
  }
}

/** Replaces the value of one member by a hostile one, in the text, so that the rest stays as it is. */
export function mutateJson(bytes: Uint8Array, random: Random): Uint8Array {
  const text = new TextDecoder('latin1').decode(bytes);
  const members = [...text.matchAll(/"[a-zA-Z]+":("[^"]*"|[^,{}[\]"]+|\[[^\]]*\])/g)];
  const member = members[below(random, members.length)];
  if (!member) return bytes;
  const from = member.index + member[0].length - (member[1] as string).length;
  const value = hostileValues[below(random, hostileValues.length)] as string;
  return new TextEncoder().encode(text.slice(0, from) + value + text.slice(member.index + member[0].length));
}
