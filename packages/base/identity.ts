/**
 * Who an agent or a server is: an Ed25519 key, and an id that is its hash. The key itself lives in
 * `host`; everything pure takes these ports.
 */
export interface Identity {
  /** SHA-256 of the raw public key, first 16 bytes, hexadecimal. */
  readonly id: string;
  /** Raw 32-byte public key, base64url. */
  readonly publicKey: string;
  /** Ed25519 signature (RFC 8032), 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

export interface IdentityVerifier {
  /** The id that belongs to a public key; undefined when the text is no key. */
  idOf(publicKey: string): string | undefined;
  verify(publicKey: string, message: Uint8Array, signature: Uint8Array): boolean;
}
