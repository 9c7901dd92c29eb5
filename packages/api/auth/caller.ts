/** Who asks, as the gate found out, for REST, live and everything that passes the same gate. */
import type { Role } from '@maille/wire/rest/route';

interface Signed {
  personId: number;
  login: string;
  role: Role;
  teamIds: readonly number[];
}

export type Caller =
  | { kind: 'nobody' }
  | (Signed & { kind: 'person'; sessionId: number; csrf: string })
  | (Signed & { kind: 'token'; tokenId: number; tokenName: string; scopes: readonly string[] });

export type KnownCaller = Exclude<Caller, { kind: 'nobody' }>;

/**
 * Whom the local CLI's token belongs to. No login that a person may have begins with an underscore, so
 * nobody can sign in as it; it is in no list and does not count as an admin.
 */
export const LOCAL_LOGIN = '_local';

export const nobody: Caller = { kind: 'nobody' };

/** A person's own words for the audit log: text that stays true after they are gone. */
export function actorOf(caller: Caller): { actor: string; actorKind: 'person' | 'token' | 'system' } {
  switch (caller.kind) {
    case 'nobody':
      return { actor: 'nobody', actorKind: 'person' };
    case 'person':
      return { actor: caller.login, actorKind: 'person' };
    case 'token':
      if (caller.login === LOCAL_LOGIN) return { actor: 'this machine', actorKind: 'system' };
      return { actor: `${caller.login} (${caller.tokenName})`, actorKind: 'token' };
  }
}
