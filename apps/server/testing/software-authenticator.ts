/**
 * A passkey made of node:crypto, for tests: P-256, attestation "none", user verified, as WebAuthn level 2
 * lays the bytes out (authenticator data: 6.1, attestation object: 6.5).
 */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const FLAG_PRESENT = 0x01;
const FLAG_VERIFIED = 0x04;
const FLAG_ATTESTED = 0x40;

export interface AuthenticatorSettings {
  /** Whether the person proved themselves to it: true unless told. */
  verifiesUser?: boolean;
  /** The page that it believes to be on. */
  origin: string;
}

const base64Url = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest();

export function createSoftwareAuthenticator({ origin, verifiesUser = true }: AuthenticatorSettings) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credentialId = randomBytes(16);
  let counter = 0;

  function authenticatorData(flags: number, attested = Buffer.alloc(0)): Buffer {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(++counter);
    const all = flags | FLAG_PRESENT | (verifiesUser ? FLAG_VERIFIED : 0);
    return Buffer.concat([sha256(new URL(origin).hostname), Buffer.from([all]), count, attested]);
  }

  function clientData(type: 'webauthn.create' | 'webauthn.get', challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  return {
    id: base64Url(credentialId),

    /** Answers navigator.credentials.create. */
    register(options: unknown) {
      const { challenge } = options as { challenge: string };
      const { x, y } = publicKey.export({ format: 'jwk' });
      // COSE_Key (RFC 9053, 7.1): kty EC2, alg ES256, crv P-256, x, y.
      const cose = Buffer.concat([
        Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]),
        Buffer.from(x as string, 'base64url'),
        Buffer.from([0x22, 0x58, 0x20]),
        Buffer.from(y as string, 'base64url'),
      ]);
      const idLength = Buffer.from([0, credentialId.length]);
      const attested = Buffer.concat([Buffer.alloc(16), idLength, credentialId, cose]);
      const data = authenticatorData(FLAG_ATTESTED, attested);
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]),
        Buffer.from('\x63fmt\x64none', 'latin1'),
        Buffer.from('\x67attStmt\xa0', 'latin1'),
        Buffer.from('\x68authData\x58', 'latin1'),
        Buffer.from([data.length]),
        data,
      ]);
      return {
        id: base64Url(credentialId),
        rawId: base64Url(credentialId),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64Url(clientData('webauthn.create', challenge)),
          attestationObject: base64Url(attestationObject),
          transports: ['internal'],
        },
      };
    },

    /** Answers navigator.credentials.get. */
    authenticate(options: unknown) {
      const { challenge } = options as { challenge: string };
      const data = authenticatorData(0);
      const client = clientData('webauthn.get', challenge);
      const signature = sign('sha256', Buffer.concat([data, sha256(client)]), privateKey);
      return {
        id: base64Url(credentialId),
        rawId: base64Url(credentialId),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: base64Url(client),
          authenticatorData: base64Url(data),
          signature: base64Url(signature),
        },
      };
    },

    /** Steps the counter back, as a copy of the authenticator would have it. */
    rewind(to: number) {
      counter = to;
    },
  };
}
