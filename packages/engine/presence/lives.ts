/**
 * The process lives of one identity. Normally one follows another: a machine reboots, its boot nonce is
 * new, and the old one is never heard again. When a life that was replaced proves itself again, two
 * machines run with one key: a copied disk. It is flagged once and both stay listed as one peer; only
 * when all but one have fallen silent the flag goes.
 *
 * Each step here follows a proof (an echoed token), so a replay of an old life cannot raise the flag.
 */
import type { Life, Member } from './member.ts';
import { createReplayWindow } from './replay-window.ts';

const MAX_LIVES = 4;

/** The life with this boot nonce, which has just proven itself. */
export function proveLife(member: Member, boot: string, nowMs: number): Life {
  const known = member.lives.find((life) => life.boot === boot);
  if (known) {
    if (known.retired) {
      known.retired = false;
      member.cloned = true;
    }
    return known;
  }
  if (!member.cloned) for (const life of member.lives) life.retired = true;
  if (member.lives.length >= MAX_LIVES) {
    const gone = member.lives.findIndex((life) => life.retired);
    member.lives.splice(Math.max(0, gone), 1);
  }
  const life: Life = { boot, window: createReplayWindow(), heardMs: nowMs, retired: false, clockOffsetMs: 0 };
  member.lives.push(life);
  return life;
}

/** Ends lives that a clone has not been heard from for long. True when the flag went. */
export function settleClone(member: Member, nowMs: number, silentMs: number): boolean {
  if (!member.cloned) return false;
  let active = 0;
  for (const life of member.lives) {
    if (!life.retired && nowMs - life.heardMs > silentMs) life.retired = true;
    if (!life.retired) active++;
  }
  if (active > 1) return false;
  member.cloned = false;
  return true;
}
