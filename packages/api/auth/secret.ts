/** Random secrets: only their hash is kept, so that a copy of the database opens nothing. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 32 random bytes, base64url, behind a prefix that tells a leaked one for what it is. */
export function createSecret(prefix: string): string {
  return prefix + randomBytes(32).toString('base64url');
}

/** A plain hash is enough: 256 random bits cannot be guessed, however fast the guessing. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash('sha256').update(a).digest(), createHash('sha256').update(b).digest());
}
