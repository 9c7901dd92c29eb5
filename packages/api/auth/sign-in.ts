/**
 * The ways in: password (and one-time code), link, passkey. All end in the same place, and all count
 * against the same bounds: attempts of an address, attempts on a login. A wrong login, a wrong password
 * and a disabled person get the same answer after the same work.
 */
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Database } from '@maille/store/database/tables';
import { addressKey, createAttemptLimit } from './attempt-limit.ts';
import type { OneTimeCodes } from './one-time-codes.ts';
import type { Passkeys } from './passkeys.ts';
import type { PasswordHasher } from './password.ts';
import type { OpenedSession, Sessions } from './sessions.ts';
import type { SignInLinks } from './sign-in-links.ts';

const WINDOW_MS = 5 * 60_000;
const ATTEMPTS_OF_AN_ADDRESS = 30;
const ATTEMPTS_ON_A_LOGIN = 20;
/** Six digits are few: who knows the password must not have the day to try them. */
const WRONG_CODES = 10;
const WRONG_CODES_WINDOW_MS = 3_600_000;
/** For so long after a sign-in by link one may set a password without knowing the old one. */
const FRESH_LINK_MS = 30 * 60_000;
/** For so long after a sign-in one may add, remove or hand out ways in: a screen left open is no person. */
const RECENT_MS = 30 * 60_000;

export interface SignInOrigin {
  address: string;
  userAgent: string;
}

export interface SignIn {
  byPassword(
    login: string,
    password: string,
    code: string | undefined,
    from: SignInOrigin,
  ): Promise<OpenedSession | 'needs-code'>;
  byLink(token: string, from: SignInOrigin): Promise<OpenedSession>;
  byPasskey(
    challengeId: string,
    response: unknown,
    origin: string,
    from: SignInOrigin,
  ): Promise<OpenedSession>;
  /** Counts a request that begins something for a stranger. */
  takeAttempt(address: string): void;
  /** Whether the session began with a link a short while ago: its person may have lost everything else. */
  isFreshByLink(sessionId: number): boolean;
  /**
   * Throws a Problem `forbidden` when the session began too long ago. Who has no way in yet but a link is
   * let pass: they have nothing to prove themselves with, and are here to get it.
   */
  requireRecent(session: { sessionId: number; personId: number }): Promise<void>;
}

export interface SignInOptions {
  database: Database;
  clock: Clock;
  hasher: PasswordHasher;
  sessions: Sessions;
  links: SignInLinks;
  codes: OneTimeCodes;
  passkeys: Passkeys;
}

export function createSignIn(options: SignInOptions): SignIn {
  const { database, clock, hasher, sessions, links, codes, passkeys } = options;
  const addresses = createAttemptLimit({ clock, attempts: ATTEMPTS_OF_AN_ADDRESS, windowMs: WINDOW_MS });
  const logins = createAttemptLimit({ clock, attempts: ATTEMPTS_ON_A_LOGIN, windowMs: WINDOW_MS });
  const wrongCodes = createAttemptLimit({ clock, attempts: WRONG_CODES, windowMs: WRONG_CODES_WINDOW_MS });
  const freshUntilMs = new Map<number, number>();

  const takeAttempt = (address: string) => addresses.take(addressKey(address));

  async function isEnabled(personId: number): Promise<boolean> {
    const row = await database.kysely
      .selectFrom('person')
      .select('disabled')
      .where('id', '=', personId)
      .executeTakeFirst();
    return row?.disabled === 0;
  }

  async function open(
    personId: number | undefined,
    from: SignInOrigin,
    refusal: string,
  ): Promise<OpenedSession> {
    if (personId === undefined || !(await isEnabled(personId))) throw new Problem('unauthenticated', refusal);
    addresses.clear(addressKey(from.address));
    return sessions.open(personId, from.address, from.userAgent);
  }

  return {
    takeAttempt,

    async byPassword(login, password, code, from) {
      takeAttempt(from.address);
      logins.take(login);
      const person = await database.kysely
        .selectFrom('person')
        .select(['id', 'disabled', 'password_hash', 'totp_secret'])
        .where('login', '=', login)
        .executeTakeFirst();
      const right = await hasher.verify(password, person?.password_hash ?? null);
      const refusal = 'the login, the password or the code is not right';
      if (!person || !right || person.disabled !== 0) throw new Problem('unauthenticated', refusal);
      if (person.totp_secret !== null) {
        if (code === undefined) return 'needs-code';
        wrongCodes.take(login);
        if (!(await codes.use(person.id, code))) throw new Problem('unauthenticated', refusal);
        wrongCodes.clear(login);
      }
      logins.clear(login);
      return open(person.id, from, refusal);
    },

    async byLink(token, from) {
      takeAttempt(from.address);
      const refusal = 'this link was used already, or is too old';
      const personId = await links.take(token);
      const session = await open(personId, from, refusal).catch((error) => {
        if (error instanceof Problem && error.code === 'unauthenticated')
          throw new Problem('unauthenticated', refusal, {
            remedy: 'Ask an admin for another one; on the server, `maille sign-in-link` prints one.',
          });
        throw error;
      });
      for (const [id, untilMs] of freshUntilMs) if (untilMs <= clock.monoMs()) freshUntilMs.delete(id);
      freshUntilMs.set(session.id, clock.monoMs() + FRESH_LINK_MS);
      return session;
    },

    async byPasskey(challengeId, response, origin, from) {
      takeAttempt(from.address);
      const personId = await passkeys.signIn(challengeId, response, origin);
      return open(personId, from, 'this passkey is not known here');
    },

    async requireRecent({ sessionId, personId }) {
      const row = await database.kysely
        .selectFrom('session')
        .innerJoin('person', 'person.id', 'session.person_id')
        .select(['session.created_at_ms', 'person.password_hash'])
        .where('session.id', '=', sessionId)
        .executeTakeFirst();
      if (row && row.created_at_ms > clock.wallMs() - RECENT_MS) return;
      if (row?.password_hash === null && (await passkeys.list(personId)).length === 0) return;
      throw new Problem('forbidden', 'this needs a sign-in of the last 30 minutes', {
        remedy: 'Sign out, sign in again, and then do this.',
      });
    },

    isFreshByLink: (sessionId) => (freshUntilMs.get(sessionId) ?? 0) > clock.monoMs(),
  };
}
