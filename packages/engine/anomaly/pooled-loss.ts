/**
 * How much the addresses of one cause lose, all taken together, and whether most of them are silent. Of a few
 * samples each, one series says little, and the first that raise an alarm say too much: they are those that
 * happened to lose four in a row. All that share what is blamed and have lost anything since it began say it
 * in seconds. The end of it is left out: what is answered again says nothing of how bad it was.
 */
import { countBits, type Outcomes, REMEMBERED } from './recent-outcomes.ts';

export interface PooledLoss {
  lossRatio: number;
  /** Of those that lose anything, the share that answers nothing. */
  silentShare: number;
}

/** Fewer say nothing. */
const MIN_SENT = 3;
/** A moment in which so little of the worst is lost, at the end, is of after it. */
export const OVER = 0.25;
const LATELY = 0xff;

export function poolLoss(all: Iterable<Outcomes>): PooledLoss | undefined {
  const [sentAt, lostAt] = [new Uint32Array(REMEMBERED), new Uint32Array(REMEMBERED)];
  const troubled: Outcomes[] = [];
  for (const one of all) {
    if (one.lost === 0) continue;
    troubled.push(one);
    for (let at = 0; at < REMEMBERED; at++) {
      sentAt[at] = (sentAt[at] as number) + ((one.sent >>> at) & 1);
      lostAt[at] = (lostAt[at] as number) + ((one.lost >>> at) & 1);
    }
  }
  const shareAt = (at: number) => (lostAt[at] as number) / Math.max(1, sentAt[at] as number);
  let worst = 0;
  for (let at = 0; at < REMEMBERED; at++) worst = Math.max(worst, shareAt(at));
  let over = 0;
  while (over < REMEMBERED && shareAt(over) < OVER * worst) over++;
  if (over === REMEMBERED) return undefined;
  const standing = (0xffffffff << over) >>> 0;
  let [sent, lost, silent] = [0, 0, 0];
  for (const one of troubled) {
    const [sentOfIt, lostOfIt] = [countBits(one.sent & standing), countBits(one.lost & standing)];
    sent += sentOfIt;
    lost += lostOfIt;
    if (sentOfIt === lostOfIt && lostOfIt >= MIN_SENT) silent++;
  }
  return sent < MIN_SENT ? undefined : { lossRatio: lost / sent, silentShare: silent / troubled.length };
}

/** Of the last eight probes of each. */
export function lossLately(all: Iterable<Outcomes>): number {
  let [sent, lost] = [0, 0];
  for (const one of all) {
    sent += countBits(one.sent & LATELY);
    lost += countBits(one.lost & LATELY);
  }
  return sent === 0 ? 0 : lost / sent;
}

/** Most are silent, or are not: what lies between stays what it was. */
export function isSilence({ silentShare }: PooledLoss, before: boolean | undefined): boolean {
  return silentShare > (before === undefined ? 0.5 : before ? 0.4 : 0.6);
}
