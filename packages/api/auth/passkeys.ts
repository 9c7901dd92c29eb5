/**
 * Passkeys (WebAuthn). A passkey signs in alone, so its holder must have proved themselves to it (user
 * verification), and no login is asked for first: nothing tells a stranger who exists. A challenge is
 * good once, for five minutes, for the host name that it was asked under.
 */
import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '@maille/base/clock';
import { Problem } from '@maille/base/problem';
import type { Database } from '@maille/store/database/tables';
import type { Passkey } from '@maille/wire/rest/people';
import {
  type AuthenticationResponseJSON,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { createExpiringMap } from './expiring-map.ts';

const CHALLENGE_MS = 5 * 60_000;
const MAX_CHALLENGES = 1_000;
/** EdDSA, ES256, RS256 (COSE numbers): what authenticators have. */
const ALGORITHMS = [-8, -7, -257];
const MAX_PASSKEYS_OF_A_PERSON = 20;

interface Challenge {
  challenge: string;
  rpId: string;
  /** Who adds a passkey; undefined for a sign-in. */
  personId: number | undefined;
}

export interface Passkeys {
  beginSignIn(origin: string): Promise<{ challengeId: string; options: unknown }>;
  /** Whose passkey it was; undefined when anything at all was wrong. */
  signIn(challengeId: string, response: unknown, origin: string): Promise<number | undefined>;
  begin(
    person: { id: number; login: string; name: string },
    origin: string,
    installationName: string,
  ): Promise<{ challengeId: string; options: unknown }>;
  add(
    personId: number,
    challengeId: string,
    response: unknown,
    name: string,
    origin: string,
  ): Promise<Passkey>;
  list(personId: number): Promise<Passkey[]>;
  remove(id: string, personId: number): Promise<boolean>;
}

export function createPasskeys({ database, clock }: { database: Database; clock: Clock }): Passkeys {
  const { kysely } = database;
  const challenges = createExpiringMap<string, Challenge>(clock, CHALLENGE_MS, MAX_CHALLENGES);

  const keep = (challenge: Challenge): string => {
    const id = randomBytes(16).toString('base64url');
    challenges.set(id, challenge);
    return id;
  };
  /** A challenge is used up by the first answer, right or wrong. */
  const take = (id: string, personId: number | undefined): Challenge | undefined => {
    const challenge = challenges.get(id);
    challenges.delete(id);
    return challenge?.personId === personId ? challenge : undefined;
  };
  const ofPerson = (personId: number) =>
    kysely
      .selectFrom('passkey')
      .selectAll()
      .where('person_id', '=', personId)
      .orderBy('created_at_ms')
      .execute();

  return {
    async beginSignIn(origin) {
      const rpID = relyingParty(origin);
      const options = await generateAuthenticationOptions({ rpID, userVerification: 'required' });
      const challengeId = keep({ challenge: options.challenge, rpId: rpID, personId: undefined });
      return { challengeId, options };
    },

    async signIn(challengeId, response, origin) {
      const challenge = take(challengeId, undefined);
      const { id } = (response ?? {}) as { id?: unknown };
      if (!challenge || typeof id !== 'string') return undefined;
      const row = await kysely.selectFrom('passkey').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return undefined;
      const verified = await verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge: challenge.challenge,
        expectedOrigin: origin,
        expectedRPID: challenge.rpId,
        requireUserVerification: true,
        credential: {
          id: row.id,
          publicKey: new Uint8Array(Buffer.from(row.public_key, 'base64url')),
          counter: row.counter,
        },
      }).catch(() => undefined); // it throws on whatever is not as it should be: a stranger gets no hint
      if (!verified?.verified) return undefined;
      await kysely
        .updateTable('passkey')
        .set({ counter: verified.authenticationInfo.newCounter, last_used_ms: clock.wallMs() })
        .where('id', '=', id)
        .execute();
      return row.person_id;
    },

    async begin(person, origin, installationName) {
      const rpID = relyingParty(origin);
      const known = await ofPerson(person.id);
      if (known.length >= MAX_PASSKEYS_OF_A_PERSON)
        throw new Problem('too-large', `a person has at most ${MAX_PASSKEYS_OF_A_PERSON} passkeys`);
      const options = await generateRegistrationOptions({
        rpName: installationName,
        rpID,
        userName: person.login,
        userDisplayName: person.name,
        userID: new Uint8Array(Buffer.from(`maille:${person.id}`)),
        attestationType: 'none',
        supportedAlgorithmIDs: ALGORITHMS,
        excludeCredentials: known.map(({ id }) => ({ id })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
      const challengeId = keep({ challenge: options.challenge, rpId: rpID, personId: person.id });
      return { challengeId, options };
    },

    async add(personId, challengeId, response, name, origin) {
      const challenge = take(challengeId, personId);
      if (!challenge)
        throw new Problem('conflict', 'adding a passkey was not begun, or too long ago', {
          remedy: 'Begin again.',
        });
      const verified = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: challenge.challenge,
        expectedOrigin: origin,
        expectedRPID: challenge.rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch((cause: unknown) => {
        throw new Problem('invalid', 'the passkey’s answer is not right', { field: '/response', cause });
      });
      if (!verified.verified || !verified.registrationInfo)
        throw new Problem('invalid', 'the passkey’s answer is not right', { field: '/response' });
      const { credential } = verified.registrationInfo;
      const known = await kysely
        .selectFrom('passkey')
        .select('id')
        .where('id', '=', credential.id)
        .executeTakeFirst();
      if (known) throw new Problem('conflict', 'this passkey is here already');
      const row = {
        id: credential.id,
        person_id: personId,
        name,
        public_key: Buffer.from(credential.publicKey).toString('base64url'),
        counter: credential.counter,
        transports: JSON.stringify(credential.transports ?? []),
        created_at_ms: clock.wallMs(),
        last_used_ms: null,
      };
      await kysely.insertInto('passkey').values(row).execute();
      return { id: row.id, name, createdAtMs: row.created_at_ms };
    },

    async list(personId) {
      return (await ofPerson(personId)).map((row) => ({
        id: row.id,
        name: row.name,
        createdAtMs: row.created_at_ms,
        ...(row.last_used_ms !== null && { lastUsedMs: row.last_used_ms }),
      }));
    },

    async remove(id, personId) {
      const { numDeletedRows } = await kysely
        .deleteFrom('passkey')
        .where('id', '=', id)
        .where('person_id', '=', personId)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
  };
}

/** A passkey belongs to a host name; browsers take no address for one. */
function relyingParty(origin: string): string {
  const { hostname } = new URL(origin);
  if (isIP(hostname.replace(/^\[|\]$/g, '')))
    throw new Problem('unsupported', 'passkeys need a host name, and this page was opened by an address', {
      remedy: 'Open it by its name, e.g. http://localhost:4480 on the server itself.',
    });
  return hostname;
}
