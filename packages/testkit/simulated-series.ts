/**
 * One target's day as a seeded simulation: a floor of its own, noise, a slow wander, a daily rise and fall,
 * sometimes two modes, 1 % of threefold spikes, 0.1 to 0.5 % of random loss. Cheap enough for a billion
 * samples: a table of normal deviates, two steps of a shift register a sample. A fault can be laid over it.
 */

const NORMALS = 1 << 16;
let normals: Float32Array | undefined;

/** Marsaglia's xorshift: whole numbers of 32 bits. */
export function createShiftRegister(seed: number): () => number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function normalTable(): Float32Array {
  if (normals) return normals;
  const random = createShiftRegister(7);
  normals = new Float32Array(NORMALS);
  for (let i = 0; i < NORMALS; i++) {
    const radius = Math.sqrt(-2 * Math.log((random() + 1) / 2 ** 32));
    normals[i] = radius * Math.cos((2 * Math.PI * random()) / 2 ** 32);
  }
  return normals;
}

export interface SeriesShape {
  /** Milliseconds. */
  floorMs: number;
  /** Standard deviation of ln RTT, and of its slow wander. */
  noise: number;
  wander: number;
  /** How much higher, as a logarithm, at the worst hour of the day. */
  daily: number;
  /** Share of the higher mode, and how much higher it is; how long it stays, in samples. */
  modeShare: number;
  modeRise: number;
  modeStay: number;
  spikes: number;
  loss: number;
  /** How often a loss is followed by another; undefined: no more than any. The share lost stays the same. */
  lossStay?: number;
}

export interface Fault {
  loss: number;
  /** Factor of RTT. */
  rtt: number;
}

export interface SimulatedSeries {
  readonly shape: SeriesShape;
  /** RTT in units of 10 ns of the probe sent at that second of the day; 0 where it is lost. */
  next(second: number, fault?: Fault): number;
}

const DAY_SECONDS = 86_400;
const WANDER_EVERY = 10;
const WANDER_KEEP = Math.exp(-WANDER_EVERY / 300);

export function drawShape(random: () => number): SeriesShape {
  const between = (low: number, high: number) => low + ((high - low) * random()) / 2 ** 32;
  const noise = Math.exp(between(Math.log(0.005), Math.log(0.08)));
  const hasModes = random() % 5 === 0;
  return {
    floorMs: Math.exp(between(Math.log(0.3), Math.log(250))),
    noise,
    wander: noise * between(0, 0.7),
    daily: between(0, 0.25),
    modeShare: hasModes ? between(0.05, 0.4) : 0,
    modeRise: hasModes ? between(0.1, 0.5) : 0,
    modeStay: hasModes && random() % 2 === 0 ? between(2, 6) : 1,
    spikes: 0.01,
    loss: between(0.001, 0.005),
  };
}

export function createSimulatedSeries(
  seed: number,
  shape = drawShape(createShiftRegister(seed)),
): SimulatedSeries {
  const random = createShiftRegister(seed + 1);
  const table = normalTable();
  const spikeBelow = shape.spikes * 2 ** 16;
  const peak = random() % DAY_SECONDS;
  const floor10ns = shape.floorMs * 1e5;
  let wander = 0;
  let slow = 0;
  let modeLeft = 0;
  let modeUp = 0;
  const { loss: lossShare, lossStay = lossShare } = shape;
  const lossEnter = (lossShare * (1 - lossStay)) / (1 - lossShare);
  let wasLost = false;
  return {
    shape,
    next(second, fault) {
      const a = random();
      const b = random();
      if (second % WANDER_EVERY === 0) {
        const push = shape.wander * Math.sqrt(1 - WANDER_KEEP * WANDER_KEEP);
        wander = wander * WANDER_KEEP + push * (table[b & 0xffff] as number);
        if (second % 60 === 0)
          slow = (shape.daily / 2) * (1 + Math.cos((2 * Math.PI * (second - peak)) / DAY_SECONDS));
      }
      if (shape.modeShare > 0 && --modeLeft < 0) {
        modeUp = b / 2 ** 32 < shape.modeShare ? shape.modeRise : 0;
        modeLeft = shape.modeStay === 1 ? 0 : Math.floor((2 * shape.modeStay * (a >>> 16)) / 2 ** 16);
      }
      const usual = wasLost ? lossStay : lossEnter;
      const loss = fault === undefined ? usual : Math.max(usual, fault.loss);
      wasLost = random() < loss * 2 ** 32;
      if (wasLost) return 0;
      const y = wander + slow + modeUp + shape.noise * (table[a & 0xffff] as number);
      const spike = a >>> 16 < spikeBelow ? 3 : 1;
      return Math.max(1, Math.round(floor10ns * Math.exp(y) * spike * (fault === undefined ? 1 : fault.rtt)));
    },
  };
}
