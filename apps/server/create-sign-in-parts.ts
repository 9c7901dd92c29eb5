/** The parts that know who is who: people, and all the ways they prove it. */
import { createApiTokens } from '@maille/api/auth/api-tokens';
import { createOneTimeCodes } from '@maille/api/auth/one-time-codes';
import { createPasskeys } from '@maille/api/auth/passkeys';
import { createPasswordHasher } from '@maille/api/auth/password';
import { createRevocations } from '@maille/api/auth/revocations';
import { createSeal } from '@maille/api/auth/seal';
import { createSessions } from '@maille/api/auth/sessions';
import { createSignIn } from '@maille/api/auth/sign-in';
import { createSignInLinks } from '@maille/api/auth/sign-in-links';
import { createPeople } from '@maille/api/people/people-directory';
import type { Clock } from '@maille/base/clock';
import type { Identity } from '@maille/base/identity';
import type { SettingsStore } from '@maille/store/database/settings';
import type { Database } from '@maille/store/database/tables';

export interface SignInPartsOptions {
  database: Database;
  clock: Clock;
  identity: Identity;
  settings: SettingsStore;
}

export function createSignInParts({ database, clock, identity, settings }: SignInPartsOptions) {
  const revocations = createRevocations();
  const idleDays = () => settings.current().sessionDays;
  const sessions = createSessions({ database, clock, revocations, idleDays });
  const tokens = createApiTokens({ database, clock, revocations });
  const links = createSignInLinks({ database, clock });
  const hasher = createPasswordHasher();
  const codes = createOneTimeCodes({ database, clock, seal: createSeal(identity) });
  const passkeys = createPasskeys({ database, clock });
  const signIn = createSignIn({ database, clock, hasher, sessions, links, codes, passkeys });
  const people = createPeople({ database, clock, sessions, tokens, links, revocations });
  return { revocations, sessions, tokens, links, hasher, codes, passkeys, signIn, people };
}
