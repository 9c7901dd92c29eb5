/** One-time codes (TOTP, RFC 6238). The secret is sealed in the database; a code is good once. */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Database } from '@maille/store/database/tables';
import { Secret, TOTP } from 'otpauth';
import { createExpiringMap } from './expiring-map.ts';
import type { Seal } from './seal.ts';

const PERIOD_SECONDS = 30;
const SETUP_MS = 15 * 60_000;

export interface OneTimeCodes {
  /** A secret to be put into an authenticator; it counts from `confirm` on. */
  begin(personId: number, login: string, issuer: string): Promise<{ secret: string; uri: string }>;
  confirm(personId: number, code: string): Promise<void>;
  remove(personId: number): Promise<void>;
  /** Whether the code is right and was not used before; uses it up. */
  use(personId: number, code: string): Promise<boolean>;
}

export interface OneTimeCodesOptions {
  database: Database;
  clock: Clock;
  seal: Seal;
}

const sealContext = (personId: number) => `person.totp_secret:${personId}`;

export function createOneTimeCodes({ database, clock, seal }: OneTimeCodesOptions): OneTimeCodes {
  const { kysely } = database;
  const begun = createExpiringMap<number, string>(clock, SETUP_MS, 1_000);

  /** The step whose code this is, one to either side allowed for clocks that are off. */
  function stepOf(secret: string, code: string): number | undefined {
    const timestamp = clock.wallMs();
    const delta = totpOf(secret).validate({ token: code, timestamp, window: 1 });
    return delta === null ? undefined : Math.floor(timestamp / 1_000 / PERIOD_SECONDS) + delta;
  }

  return {
    async begin(personId, login, issuer) {
      const person = await kysely
        .selectFrom('person')
        .select('totp_secret')
        .where('id', '=', personId)
        .executeTakeFirst();
      if (person?.totp_secret)
        throw new Problem('conflict', 'one-time codes are on already', { remedy: 'Turn them off first.' });
      const secret = new Secret({ size: 20 }).base32;
      begun.set(personId, secret);
      return { secret, uri: totpOf(secret, login, issuer).toString() };
    },

    async confirm(personId, code) {
      const secret = begun.get(personId);
      if (secret === undefined)
        throw new Problem('conflict', 'setting up one-time codes was not begun, or too long ago', {
          remedy: 'Begin again.',
        });
      const step = stepOf(secret, code);
      if (step === undefined)
        throw new Problem('invalid', 'this code is not right', {
          field: '/code',
          remedy: 'Check the clock of the device that shows it.',
        });
      begun.delete(personId);
      await kysely
        .updateTable('person')
        .set({ totp_secret: seal.seal(secret, sealContext(personId)), totp_last_step: step })
        .where('id', '=', personId)
        .execute();
    },

    async remove(personId) {
      await kysely
        .updateTable('person')
        .set({ totp_secret: null, totp_last_step: null })
        .where('id', '=', personId)
        .execute();
    },

    async use(personId, code) {
      const person = await kysely
        .selectFrom('person')
        .select('totp_secret')
        .where('id', '=', personId)
        .executeTakeFirst();
      if (!person?.totp_secret) return false;
      const step = stepOf(seal.open(person.totp_secret, sealContext(personId)), code);
      if (step === undefined) return false;
      // One statement compares and sets: of two sign-ins with one code, one gets in.
      const { numUpdatedRows } = await kysely
        .updateTable('person')
        .set({ totp_last_step: step })
        .where('id', '=', personId)
        .where((where) => where.or([where('totp_last_step', 'is', null), where('totp_last_step', '<', step)]))
        .executeTakeFirst();
      return numUpdatedRows === 1n;
    },
  };
}

function totpOf(secret: string, label = '', issuer = ''): TOTP {
  return new TOTP({
    secret: Secret.fromBase32(secret),
    label,
    issuer,
    algorithm: 'SHA1', // what every authenticator knows
    digits: 6,
    period: PERIOD_SECONDS,
  });
}
