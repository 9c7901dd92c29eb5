/**
 * Pieces of the past, fetched whole and kept for a while: a minute of ten thousand targets is 8 MB, so the
 * last few; the next ones are fetched before a replay needs them.
 */
export interface PastPieces<T> {
  piece(number: number): Promise<T>;
  /** What is here already; undefined: ask `piece`. */
  ready(number: number): T | undefined;
}

export function createPastPieces<T>(
  fetchPiece: (number: number) => Promise<T>,
  maxKept: number,
): PastPieces<T> {
  const kept = new Map<number, { asked: Promise<T>; value: T | undefined }>();
  return {
    piece(number) {
      const known = kept.get(number);
      if (known) return known.asked;
      const entry: { asked: Promise<T>; value: T | undefined } = {
        asked: fetchPiece(number).then(
          (value) => {
            entry.value = value;
            return value;
          },
          (error: unknown) => {
            kept.delete(number); // the next look tries again
            throw error;
          },
        ),
        value: undefined,
      };
      kept.set(number, entry);
      for (const oldest of kept.keys()) {
        if (kept.size <= maxKept) break;
        kept.delete(oldest);
      }
      return entry.asked;
    },
    ready: (number) => kept.get(number)?.value,
  };
}

interface FromBase64 {
  fromBase64?: (text: string) => Uint8Array;
}

/** Base64 as it stands in an answer; longer than `maxBytes` is refused. */
export function bytesOfBase64(text: string, maxBytes: number): Uint8Array {
  if (text.length > (maxBytes * 4) / 3 + 4) throw new RangeError('a piece of the past is too large');
  // Of browsers that have it, a tenth of the time: a replay decodes eight megabytes a second.
  const { fromBase64 } = Uint8Array as FromBase64;
  if (fromBase64) return fromBase64(text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
