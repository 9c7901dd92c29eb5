/** Ed25519 keys on disk (PKCS#8 PEM, mode 0600), made at first use, never overwritten. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fromBase64Url } from '@maille/base/bytes';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import { Problem } from '@maille/base/problem';

// DER of a SubjectPublicKeyInfo for Ed25519 (RFC 8410) is this head and the 32 raw bytes.
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads the key in `file`, or makes one. Throws a Problem when the file is there and holds no Ed25519 key. */
export function openIdentity(file: string): Identity {
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    pem = createKeyFile(file);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new Problem('invalid', `${file} holds no private key`, {
      cause,
      remedy: `Restore it from a backup, or move it away to begin with a new identity.`,
    });
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Problem('invalid', `${file} holds a key that is not Ed25519`);
  return identityFromKey(key);
}

/** An identity that lives in memory only: for tests and simulations. */
export function createIdentity(): Identity {
  return identityFromKey(generateKeyPairSync('ed25519').privateKey);
}

function identityFromKey(key: KeyObject): Identity {
  const raw = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(SPKI_HEAD.length);
  return {
    id: idOfRaw(raw),
    publicKey: raw.toString('base64url'),
    sign: (message) => sign(null, message, key),
  };
}

function createKeyFile(file: string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const temporary = `${file}.${process.pid}.new`;
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(fd, pem);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    linkSync(temporary, file); // fails where another process was first: then theirs is the key
    return pem;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(temporary, { force: true });
  }
}

function idOfRaw(raw: Uint8Array): string {
  return createHash('sha256').update(raw).digest('hex').slice(0, 32);
}

/** Verifies with a bounded memory of parsed keys: parsing costs about as much as verifying. */
export function createIdentityVerifier(maxKeys = 4_096): IdentityVerifier {
  const keys = new Map<string, KeyObject>();
  const keyOf = (publicKey: string): KeyObject | undefined => {
    const known = keys.get(publicKey);
    if (known) return known;
    const raw = fromBase64Url(publicKey);
    if (raw?.length !== 32) return undefined;
    const key = createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' });
    if (keys.size >= maxKeys) keys.delete(keys.keys().next().value as string);
    keys.set(publicKey, key);
    return key;
  };
  return {
    idOf(publicKey) {
      const raw = fromBase64Url(publicKey);
      return raw?.length === 32 ? idOfRaw(raw) : undefined;
    },
    verify(publicKey, message, signature) {
      const key = keyOf(publicKey);
      return key !== undefined && signature.length === 64 && verify(null, message, key, signature);
    },
  };
}
