/** Who is signed in, as their own page needs it. */
import type { Me } from '@maille/wire/rest/people';
import type { Caller } from '../auth/caller.ts';
import type { SignIn } from '../auth/sign-in.ts';
import type { People } from './people-directory.ts';

export type ReadMe = (caller: Extract<Caller, { kind: 'person' }>) => Promise<Me>;

export interface ReadMeOptions {
  people: People;
  signIn: Pick<SignIn, 'isFreshByLink'>;
  installationName: () => string;
  version: string;
}

export function createReadMe({ people, signIn, installationName, version }: ReadMeOptions): ReadMe {
  return async ({ personId, sessionId, csrf }) => {
    const person = await people.get(personId);
    return {
      person,
      ...(await people.preferences(personId)),
      csrf,
      installationName: installationName(),
      version,
      needsCredential: !person.hasPassword && person.passkeys === 0,
      mayResetPassword: person.hasPassword && signIn.isFreshByLink(sessionId),
    };
  };
}
