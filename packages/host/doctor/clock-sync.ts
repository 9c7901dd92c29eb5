/**
 * Whether something disciplines the wall clock, asked of the kernel itself: the answer is the same for
 * timesyncd, chrony and ntpd, and needs none of their programs. adjtimex(2) with no mode set only reads;
 * it returns TIME_ERROR while nobody vouches for the time.
 */
import koffi from 'koffi';

const TIME_ERROR = 5;
/** struct timex is 208 bytes on 64-bit Linux. */
const TIMEX_BYTES = 208;

/** Undefined where the kernel does not say (a sandbox that forbids the call). */
export function isClockSynchronized(): boolean | undefined {
  try {
    const adjtimex = koffi.load('libc.so.6').func('int adjtimex(void *timex)') as (timex: Buffer) => number;
    const state = adjtimex(Buffer.alloc(TIMEX_BYTES));
    return state < 0 ? undefined : state !== TIME_ERROR;
  } catch {
    return undefined;
  }
}
