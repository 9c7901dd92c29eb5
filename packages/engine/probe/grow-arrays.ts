/** Typed arrays that grow by doubling, so that growing one element at a time stays cheap. */
const doubled = (length: number, atLeast: number) => Math.max(2 * length, atLeast);

export function growUint8(array: Uint8Array<ArrayBuffer>, atLeast: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(doubled(array.length, atLeast));
  grown.set(array);
  return grown;
}

export function growUint32(array: Uint32Array<ArrayBuffer>, atLeast: number): Uint32Array<ArrayBuffer> {
  const grown = new Uint32Array(doubled(array.length, atLeast));
  grown.set(array);
  return grown;
}

export function growFloat64(array: Float64Array<ArrayBuffer>, atLeast: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(doubled(array.length, atLeast));
  grown.set(array);
  return grown;
}

/** New elements hold `fill`. */
export function growInt32(
  array: Int32Array<ArrayBuffer>,
  atLeast: number,
  fill: number,
): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(doubled(array.length, atLeast)).fill(fill, array.length);
  grown.set(array);
  return grown;
}
