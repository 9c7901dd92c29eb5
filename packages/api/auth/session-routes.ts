/** Routes of /session: signing in and out. */
import { Problem } from '@maille/base/problem';
import type { Context, Handlers } from '../http/handler.ts';
import { personCaller } from '../http/handler.ts';
import type { ReadMe } from '../people/read-me.ts';
import type { Passkeys } from './passkeys.ts';
import type { OpenedSession, Sessions } from './sessions.ts';
import type { SignIn } from './sign-in.ts';

export type SessionHandlers = Pick<
  Handlers,
  'getSession' | 'signIn' | 'signInByLink' | 'signOut' | 'beginPasskeySignIn' | 'signInByPasskey'
>;

export interface SessionRoutesOptions {
  signIn: SignIn;
  sessions: Sessions;
  passkeys: Passkeys;
  readMe: ReadMe;
}

export function createSessionRoutes({
  signIn,
  sessions,
  passkeys,
  readMe,
}: SessionRoutesOptions): SessionHandlers {
  /** A new session takes the place of the one that the browser came with: no token outlives a sign-in. */
  async function enter(session: OpenedSession, context: Context) {
    const { caller } = context;
    if (caller.kind === 'person') await sessions.end(caller.sessionId, caller.personId);
    const now = await sessions.find(session.token);
    if (now?.kind !== 'person') throw new Problem('internal', 'a session that was just opened is not there');
    context.setSession(session.token);
    context.audit.actor = now.login;
    return { me: await readMe(now) };
  }

  /** Failed sign-ins are on record under a name of their own; those over the bound only in the answer. */
  async function attempt<T>(context: Context, actor: string, work: () => Promise<T>): Promise<T> {
    context.audit.actor = actor;
    try {
      return await work();
    } catch (error) {
      if (error instanceof Problem && error.code === 'too-many') context.audit.skip = true;
      context.audit.action = 'sign-in.failed';
      throw error;
    }
  }

  return {
    getSession: (_input, context) => readMe(personCaller(context)),

    signIn: ({ body }, context) =>
      attempt(context, body.login, async () => {
        const session = await signIn.byPassword(body.login, body.password, body.totp, context);
        if (session !== 'needs-code') return enter(session, context);
        context.audit.skip = true;
        return { needs: 'totp' as const };
      }),

    signInByLink: ({ body }, context) =>
      attempt(context, 'a link', async () => enter(await signIn.byLink(body.token, context), context)),

    signInByPasskey: ({ body }, context) =>
      attempt(context, 'a passkey', async () =>
        enter(await signIn.byPasskey(body.challengeId, body.response, context.origin, context), context),
      ),

    beginPasskeySignIn(_input, context) {
      signIn.takeAttempt(context.address);
      return passkeys.beginSignIn(context.origin);
    },

    async signOut(_input, context) {
      const caller = personCaller(context);
      await sessions.end(caller.sessionId, caller.personId);
      context.setSession(undefined);
      return undefined;
    },
  };
}
