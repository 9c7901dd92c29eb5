/**
 * The connections in flight, by handle, in typed arrays; those in use also lie side by side in a list, so
 * that looking for what is over costs as much as there is, not as much as there could be. Either a
 * connection waits for its handshake, or it was accepted and is held; it has one end in time at any moment.
 */

export interface ConnectionTable {
  readonly inFlight: number;
  begin(handle: number, slot: number, sentMonoMs: number, sentNs: number, timeoutMs: number): void;
  has(handle: number): boolean;
  slotOf(handle: number): number;
  sentMonoMsOf(handle: number): number;
  sentNsOf(handle: number): number;
  timeoutMsOf(handle: number): number;
  /** It was accepted after `rttNs`, and is looked at until then. */
  hold(handle: number, rttNs: number, untilMonoMs: number): void;
  isHeld(handle: number): boolean;
  /** Of a held one. */
  rttNsOf(handle: number): number;
  end(handle: number): void;
  /** Hands over every one whose time was over at `monoMs`; `over` may end it. */
  expire(monoMs: number, over: (handle: number) => void): void;
}

export function createConnectionTable(capacity: number): ConnectionTable {
  const slots = new Uint32Array(capacity);
  const sentMonoMs = new Float64Array(capacity);
  const sentNs = new Float64Array(capacity);
  const timeoutsMs = new Uint32Array(capacity);
  const untilMs = new Float64Array(capacity);
  /** -1: not accepted yet. */
  const rttsNs = new Float64Array(capacity);
  const used = new Uint32Array(capacity);
  const places = new Int32Array(capacity).fill(-1); // in `used`, by handle
  let inFlight = 0;

  return {
    get inFlight() {
      return inFlight;
    },
    begin(handle, slot, monoMs, ns, timeoutMs) {
      slots[handle] = slot;
      sentMonoMs[handle] = monoMs;
      sentNs[handle] = ns;
      timeoutsMs[handle] = timeoutMs;
      untilMs[handle] = monoMs + timeoutMs;
      rttsNs[handle] = -1;
      places[handle] = inFlight;
      used[inFlight++] = handle;
    },
    has: (handle) => places[handle] !== -1,
    slotOf: (handle) => slots[handle] as number,
    sentMonoMsOf: (handle) => sentMonoMs[handle] as number,
    sentNsOf: (handle) => sentNs[handle] as number,
    timeoutMsOf: (handle) => timeoutsMs[handle] as number,
    hold(handle, rttNs, untilMonoMs) {
      rttsNs[handle] = rttNs;
      untilMs[handle] = untilMonoMs;
    },
    isHeld: (handle) => (rttsNs[handle] as number) >= 0,
    rttNsOf: (handle) => rttsNs[handle] as number,
    end(handle) {
      const place = places[handle] as number;
      places[handle] = -1;
      inFlight--;
      if (place === inFlight) return;
      const last = used[inFlight] as number;
      used[place] = last;
      places[last] = place;
    },
    expire(monoMs, over) {
      // From the end: what `end` moves into a place that goes by has been looked at.
      for (let place = inFlight - 1; place >= 0; place--) {
        const handle = used[place] as number;
        if ((untilMs[handle] as number) <= monoMs) over(handle);
      }
    },
  };
}
