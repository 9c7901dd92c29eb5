/** Routes of /me: what a person does about themselves. */
import { Problem } from '@maille/base/problem';
import type { Database } from '@maille/store/database/tables';
import type { ApiTokens } from '../auth/api-tokens.ts';
import type { OneTimeCodes } from '../auth/one-time-codes.ts';
import type { Passkeys } from '../auth/passkeys.ts';
import type { PasswordHasher } from '../auth/password.ts';
import type { Sessions } from '../auth/sessions.ts';
import type { SignIn } from '../auth/sign-in.ts';
import type { SignInLinks } from '../auth/sign-in-links.ts';
import type { Context, Handlers } from '../http/handler.ts';
import { personCaller } from '../http/handler.ts';
import type { People } from './people-directory.ts';
import type { ReadMe } from './read-me.ts';

export type MeHandlers = Pick<
  Handlers,
  | 'changeMe'
  | 'setMyPassword'
  | 'beginTotp'
  | 'confirmTotp'
  | 'removeTotp'
  | 'listMyPasskeys'
  | 'beginPasskey'
  | 'addPasskey'
  | 'removePasskey'
  | 'listMySessions'
  | 'endMySession'
  | 'listMyTokens'
  | 'createToken'
  | 'deleteToken'
>;

export interface MeRoutesOptions {
  database: Database;
  people: People;
  sessions: Sessions;
  tokens: ApiTokens;
  passkeys: Passkeys;
  codes: OneTimeCodes;
  hasher: PasswordHasher;
  signIn: SignIn;
  links: SignInLinks;
  readMe: ReadMe;
  installationName: () => string;
}

export function createMeRoutes(options: MeRoutesOptions): MeHandlers {
  const { database, people, sessions, tokens, passkeys, codes, hasher, signIn, readMe, installationName } =
    options;
  const { kysely } = database;

  /** For whatever gives, takes or replaces a way in: the caller, signed in a short while ago. */
  async function recentCaller(context: Context) {
    const caller = personCaller(context);
    await signIn.requireRecent(caller);
    return caller;
  }

  return {
    async changeMe({ body }, context) {
      const caller = personCaller(context);
      await people.setPreferences(caller.personId, body);
      context.audit.detail = body;
      return readMe(caller);
    },

    async setMyPassword({ body }, context) {
      const { personId, sessionId, login } = personCaller(context);
      const row = await kysely
        .selectFrom('person')
        .select('password_hash')
        .where('id', '=', personId)
        .executeTakeFirstOrThrow();
      const isReset =
        row.password_hash !== null && body.current === undefined && signIn.isFreshByLink(sessionId);
      if (row.password_hash !== null && !isReset) {
        signIn.takeAttempt(context.address);
        if (!(await hasher.verify(body.current ?? '', row.password_hash)))
          throw new Problem('forbidden', 'the current password is not right', { field: '/current' });
      } else if (row.password_hash === null) await recentCaller(context);
      if (body.next.toLowerCase().includes(login) && body.next.length < login.length + 8)
        throw new Problem('invalid', 'this password is little more than the login', { field: '/next' });
      const password_hash = await hasher.hash(body.next);
      await kysely.updateTable('person').set({ password_hash }).where('id', '=', personId).execute();
      // A link that was not used yet would open a session, and could set another password.
      await options.links.deleteAll(personId);
      await sessions.endAll(personId, sessionId);
      // Who did not know the password before may have lost the account to somebody, and tokens with it.
      if (isReset) context.audit.detail = { withdrawnTokens: await tokens.deleteAll(personId) };
      return undefined;
    },

    async beginTotp(_input, context) {
      const { personId, login } = await recentCaller(context);
      return codes.begin(personId, login, installationName());
    },
    async confirmTotp({ body }, context) {
      signIn.takeAttempt(context.address);
      await codes.confirm(personCaller(context).personId, body.code);
      return undefined;
    },
    async removeTotp(_input, context) {
      await codes.remove((await recentCaller(context)).personId);
      return undefined;
    },

    async listMyPasskeys(_input, context) {
      return { passkeys: await passkeys.list(personCaller(context).personId) };
    },
    async beginPasskey(_input, context) {
      const person = await people.get((await recentCaller(context)).personId);
      return passkeys.begin(person, context.origin, installationName());
    },
    async addPasskey({ body }, context) {
      const { personId } = personCaller(context);
      const name = body.name ?? 'Passkey';
      context.audit.subject = name;
      return passkeys.add(personId, body.challengeId, body.response, name, context.origin);
    },
    async removePasskey({ params }, context) {
      if (!(await passkeys.remove(params.id, (await recentCaller(context)).personId)))
        throw new Problem('not-found', 'there is no such passkey');
      return undefined;
    },

    async listMySessions(_input, context) {
      const { personId, sessionId } = personCaller(context);
      return { sessions: await sessions.list(personId, sessionId) };
    },
    async endMySession({ params }, context) {
      if (!(await sessions.end(params.id, personCaller(context).personId)))
        throw new Problem('not-found', 'there is no such session');
      return undefined;
    },

    async listMyTokens(_input, context) {
      return { tokens: await tokens.list(personCaller(context).personId) };
    },
    async createToken({ body }, context) {
      context.audit.subject = body.name;
      context.audit.detail = { scopes: body.scopes, expiresInSeconds: body.expiresInSeconds };
      return tokens.create((await recentCaller(context)).personId, body);
    },
    async deleteToken({ params }, context) {
      if (!(await tokens.delete(params.id, personCaller(context).personId)))
        throw new Problem('not-found', 'there is no such token');
      return undefined;
    },
  };
}
