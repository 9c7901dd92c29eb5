/**
 * Passwords: argon2id (RFC 9106) with the parameters that OWASP gives as a minimum, 19 MiB and 2 passes,
 * as PHC strings, so that the parameters may grow later. A check takes about 40 ms of a thread: only a
 * few run at once, and only a few more may wait, so that guessing cannot eat the machine.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { Problem } from '@maille/base/problem';

const MEMORY_KIB = 19_456;
const PASSES = 2;
const PARALLELISM = 1;
const TAG_BYTES = 32;

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** Takes as long when `stored` is null: an unknown login must not answer faster than a known one. */
  verify(password: string, stored: string | null): Promise<boolean>;
}

interface Parameters {
  memory: number;
  passes: number;
  parallelism: number;
  nonce: Buffer;
  tag: Buffer;
}

export function createPasswordHasher(maxRunning = 2, maxWaiting = 64): PasswordHasher {
  let running = 0;
  const waiting: (() => void)[] = [];

  async function derive(password: string, p: Omit<Parameters, 'tag'>, tagLength: number): Promise<Buffer> {
    if (running >= maxRunning) {
      if (waiting.length >= maxWaiting)
        throw new Problem('too-many', 'too many people are signing in at once', { retryAfterSeconds: 5 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    running++;
    try {
      return await new Promise<Buffer>((resolve, reject) => {
        const { memory, passes, parallelism, nonce } = p;
        // NFC: the same password typed on two keyboards is the same bytes (SP 800-63B, 3.1.1.2).
        const message = Buffer.from(password.normalize('NFC'));
        argon2('argon2id', { message, nonce, memory, passes, parallelism, tagLength }, (error, tag) =>
          error ? reject(error) : resolve(tag),
        );
      });
    } finally {
      running--;
      waiting.shift()?.();
    }
  }

  return {
    async hash(password) {
      const nonce = randomBytes(16);
      const p = { memory: MEMORY_KIB, passes: PASSES, parallelism: PARALLELISM, nonce };
      return formatPhc({ ...p, tag: await derive(password, p, TAG_BYTES) });
    },
    async verify(password, stored) {
      const parsed = stored === null ? undefined : parsePhc(stored);
      const p = parsed ?? {
        memory: MEMORY_KIB,
        passes: PASSES,
        parallelism: PARALLELISM,
        nonce: Buffer.alloc(16),
        tag: Buffer.alloc(TAG_BYTES),
      };
      const tag = await derive(password, p, p.tag.length);
      return timingSafeEqual(tag, p.tag) && parsed !== undefined;
    },
  };
}

const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');

function formatPhc(p: Parameters): string {
  return `$argon2id$v=19$m=${p.memory},t=${p.passes},p=${p.parallelism}$${base64(p.nonce)}$${base64(p.tag)}`;
}

function parsePhc(text: string): Parameters | undefined {
  const match =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(text);
  if (!match) return undefined;
  const [, memory, passes, parallelism, nonce, tag] = match as unknown as string[];
  return {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    nonce: Buffer.from(nonce as string, 'base64'),
    tag: Buffer.from(tag as string, 'base64'),
  };
}
