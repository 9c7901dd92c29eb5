/**
 * Range asymmetric numeral systems (Duda 2009, byte-wise as Giesen has it): symbols at the cost of their
 * entropy, decoded by one look-up each. What is put first is read first, so all is kept until `take`, which
 * codes it from the end. State in [2^16, 2^24): three bytes a run.
 */
import { MODEL_BITS, type SymbolModel } from './symbol-model.ts';

export const RANS_LOW = 1 << 16;
export const RAW_STEP_BITS = 12;

export interface RansWriter {
  symbol(model: SymbolModel, symbol: number): void;
  /** Bits as they are, lowest first. */
  raw(value: number, bits: number): void;
  /** The run so far, a view that lasts until the next symbol. */
  take(): Uint8Array;
}

export function createRansWriter(): RansWriter {
  let starts = new Uint16Array(4_096);
  let parts = new Uint16Array(4_096);
  let count = 0;
  let out = new Uint8Array(8_192);

  const push = (start: number, part: number) => {
    if (count === starts.length) {
      const moreStarts = new Uint16Array(2 * count);
      const moreParts = new Uint16Array(2 * count);
      moreStarts.set(starts);
      moreParts.set(parts);
      starts = moreStarts;
      parts = moreParts;
    }
    starts[count] = start;
    parts[count++] = part;
  };

  return {
    symbol(model, symbol) {
      if (model.only < 0) push(model.starts[symbol] as number, model.parts[symbol] as number);
    },
    raw(value, bits) {
      for (let left = bits; left > 0; left -= RAW_STEP_BITS) {
        const some = Math.min(RAW_STEP_BITS, left);
        const part = 1 << (MODEL_BITS - some);
        push((value & ((1 << some) - 1)) * part, part);
        value >>>= some;
      }
    },
    take() {
      if (out.length < 2 * count + 3) out = new Uint8Array(4 * count + 3); // a symbol is at most 12 bits
      let at = out.length;
      let state = RANS_LOW;
      for (let i = count - 1; i >= 0; i--) {
        const part = parts[i] as number;
        while (state >= part << MODEL_BITS) {
          out[--at] = state & 0xff;
          state >>>= 8;
        }
        state = ((Math.floor(state / part) << MODEL_BITS) + (state % part) + (starts[i] as number)) >>> 0;
      }
      count = 0;
      for (let i = 0; i < 3; i++) {
        out[--at] = state & 0xff;
        state >>>= 8;
      }
      return out.subarray(at);
    },
  };
}
