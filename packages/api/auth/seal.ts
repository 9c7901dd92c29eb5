/**
 * Seals what must be read again (secrets of one-time codes) so that a copy of the database alone shows
 * nothing: AES-256-GCM under a key that comes from the server's identity. Ed25519 signatures are
 * deterministic (RFC 8032), so a signature over a text that is signed for nothing else is a secret that
 * only the key's holder can make again; HKDF turns it into a key. One key file is to be guarded, not two.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { Identity } from '@maille/base/identity';
import { Problem } from '@maille/base/problem';

export interface Seal {
  /** `context` names what is sealed for whom: a sealed text put elsewhere does not open. */
  seal(text: string, context: string): string;
  open(sealed: string, context: string): string;
}

const VERSION = 'v1.';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createSeal(identity: Identity): Seal {
  const signature = identity.sign(new TextEncoder().encode('maille-seal.1\nkey of sealed columns'));
  const key = Buffer.from(hkdfSync('sha256', signature, '', 'maille-seal.1', 32));
  return {
    seal(text, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url');
      try {
        if (!sealed.startsWith(VERSION)) throw new Error('unknown version');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
          .setAAD(Buffer.from(context))
          .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new Problem('internal', 'a sealed secret cannot be opened with this server’s key', {
          cause,
          remedy: 'Restore identity/server.key from the backup that the database came from.',
        });
      }
    },
  };
}
