/** Routes of /people and /teams. */
import type { SignIn } from '../auth/sign-in.ts';
import { type SignInLinks, signInUrl } from '../auth/sign-in-links.ts';
import type { Context, Handlers } from '../http/handler.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import type { People } from './people-directory.ts';

export type PeopleHandlers = Pick<
  Handlers,
  | 'listPeople'
  | 'createPerson'
  | 'changePerson'
  | 'deletePerson'
  | 'createSignInLink'
  | 'listTeams'
  | 'createTeam'
  | 'deleteTeam'
>;

/** Long enough to be handed over to a person, short enough to be forgotten in a chat. */
const LINK_LIFETIME_MS = 24 * 3_600_000;

export interface PeopleRoutesOptions {
  people: People;
  links: SignInLinks;
  signIn: SignIn;
  targets: TargetRegistry;
  /** Where others reach this server. */
  publicOrigin: (context: Context) => string;
}

export function createPeopleRoutes({
  people,
  links,
  signIn,
  targets,
  publicOrigin,
}: PeopleRoutesOptions): PeopleHandlers {
  async function linkFor(personId: number, context: Context) {
    const { token, expiresAtMs } = await links.create(personId, LINK_LIFETIME_MS);
    return { url: signInUrl(publicOrigin(context), token), expiresAtMs };
  }

  return {
    listPeople: async () => ({ people: await people.list() }),
    async createPerson({ body }, context) {
      context.audit.subject = body.login;
      context.audit.detail = { ...body };
      const person = await people.create(body);
      return { person, signInLink: await linkFor(person.id, context) };
    },
    async changePerson({ params, body }, context) {
      context.audit.detail = { ...body };
      const person = await people.change(params.id, body);
      context.audit.subject = person.login;
      return person;
    },
    async deletePerson({ params }, context) {
      context.audit.subject = (await people.get(params.id)).login;
      await people.delete(params.id);
      return undefined;
    },
    async createSignInLink({ params }, context) {
      const person = await people.get(params.id);
      context.audit.subject = person.login;
      // Who opens a link is that person, and may set a password.
      if (context.caller.kind === 'person') await signIn.requireRecent(context.caller);
      return linkFor(person.id, context);
    },
    listTeams: async () => ({ teams: await people.teams() }),
    async createTeam({ body }, context) {
      context.audit.subject = body.name;
      return people.createTeam(body.name);
    },
    async deleteTeam({ params }) {
      await people.deleteTeam(params.id);
      await targets.releaseTeam(params.id);
      return undefined;
    },
  };
}
