/**
 * Signed numbers as a symbol and raw bits: small ones have a symbol each, larger ones share four symbols
 * an octave, the rest of their bits being as good as random. Symbols ascend with the numbers.
 */
const CENTER = 120;
const PLAIN = 8;

export function symbolOf(value: number): number {
  const size = Math.abs(value);
  const upper =
    size < PLAIN
      ? size
      : PLAIN + 4 * (31 - Math.clz32(size) - 3) + ((size >>> (31 - Math.clz32(size) - 2)) & 3);
  return value < 0 ? CENTER - upper : CENTER + upper;
}

/** By symbol: how many raw bits follow, and the smallest size that it stands for. */
export const rawBitsOf = new Uint8Array(256);
export const smallestOf = new Uint32Array(256);
for (let upper = 0; upper <= CENTER - 1; upper++) {
  const octave = upper < PLAIN ? 0 : ((upper - PLAIN) >> 2) + 3;
  const bits = upper < PLAIN ? 0 : octave - 2;
  const smallest = upper < PLAIN ? upper : (4 + ((upper - PLAIN) & 3)) * 2 ** bits;
  for (const symbol of [CENTER - upper, CENTER + upper]) {
    rawBitsOf[symbol] = bits;
    smallestOf[symbol] = smallest;
  }
}

export const isNegative = (symbol: number): boolean => symbol < CENTER;
