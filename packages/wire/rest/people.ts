/** Sessions, people, teams and API tokens. */
import Type, { type Static } from 'typebox';
import { Line, TimeMs } from '../schema.ts';
import { NumericId, NumericIdParams } from './page.ts';
import { defineRoute, roles, scopes } from './route.ts';

export const languages = ['en', 'fr', 'ja'] as const;
export const themes = ['system', 'light', 'dark'] as const;
const Role = Type.Enum([...roles]);
const Login = Type.String({
  pattern: '^[a-z0-9][a-z0-9._@-]{0,63}$',
  description: 'Lower-case letters, digits and . _ @ -',
});
/** NIST SP 800-63B: length is what counts. */
const Password = Type.String({ minLength: 12, maxLength: 256 });
const TotpCode = Type.String({ pattern: '^[0-9]{6}$' });

export const Person = Type.Object({
  id: NumericId,
  login: Login,
  name: Line(100),
  role: Role,
  teamIds: Type.Array(NumericId, { maxItems: 100 }),
  disabled: Type.Boolean(),
  hasPassword: Type.Boolean(),
  hasTotp: Type.Boolean(),
  passkeys: Type.Integer(),
  createdAtMs: TimeMs,
  lastSignInMs: Type.Optional(TimeMs),
});
export type Person = Static<typeof Person>;

export const Me = Type.Object({
  person: Person,
  language: Type.Enum([...languages]),
  theme: Type.Enum([...themes]),
  /** Sent back in the header `x-maille-csrf` with every request that changes something. */
  csrf: Type.String(),
  installationName: Line(100),
  version: Type.String(),
  /** Set where the sign-in was by link and no way to come back exists yet. */
  needsCredential: Type.Boolean(),
  /** For a while after a sign-in by link: a new password can be set without the one before. */
  mayResetPassword: Type.Boolean(),
});
export type Me = Static<typeof Me>;

export const getHealth = defineRoute({
  id: 'getHealth',
  method: 'GET',
  path: '/health',
  summary: 'Whether the server works',
  access: { who: 'open' },
  response: Type.Object({
    status: Type.Enum(['ok', 'degraded']),
    version: Type.String(),
    uptimeSeconds: Type.Number(),
  }),
});

export const getSession = defineRoute({
  id: 'getSession',
  method: 'GET',
  path: '/session',
  summary: 'Who is signed in',
  access: { who: 'self' },
  response: Me,
});
export const signIn = defineRoute({
  id: 'signIn',
  method: 'POST',
  path: '/session',
  summary: 'Sign in with a password',
  access: { who: 'open' },
  body: Type.Object(
    { login: Login, password: Type.String({ maxLength: 256 }), totp: Type.Optional(TotpCode) },
    { additionalProperties: false },
  ),
  response: Type.Union([Type.Object({ me: Me }), Type.Object({ needs: Type.Literal('totp') })]),
});
export const signInByLink = defineRoute({
  id: 'signInByLink',
  method: 'POST',
  path: '/session/link',
  summary: 'Sign in with a link that works once',
  access: { who: 'open' },
  body: Type.Object({ token: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
  response: Type.Object({ me: Me }),
});
export const signOut = defineRoute({
  id: 'signOut',
  method: 'DELETE',
  path: '/session',
  summary: 'Sign out',
  access: { who: 'self' },
});
const PasskeyOptions = Type.Object({
  challengeId: Type.String(),
  options: Type.Unknown({ description: 'WebAuthn options in JSON' }),
});
const PasskeyAnswer = Type.Object(
  { challengeId: Type.String({ maxLength: 100 }), response: Type.Unknown(), name: Type.Optional(Line(100)) },
  { additionalProperties: false },
);
export const beginPasskeySignIn = defineRoute({
  id: 'beginPasskeySignIn',
  method: 'POST',
  path: '/session/passkey/options',
  summary: 'Begin to sign in with a passkey',
  access: { who: 'open' },
  response: PasskeyOptions,
  audited: false,
});
export const signInByPasskey = defineRoute({
  id: 'signInByPasskey',
  method: 'POST',
  path: '/session/passkey',
  summary: 'Sign in with a passkey',
  access: { who: 'open' },
  body: PasskeyAnswer,
  response: Type.Object({ me: Me }),
});

export const changeMe = defineRoute({
  id: 'changeMe',
  method: 'PATCH',
  path: '/me',
  summary: 'My name, language and theme',
  access: { who: 'self' },
  body: Type.Object(
    {
      name: Type.Optional(Line(100)),
      language: Type.Optional(Type.Enum([...languages])),
      theme: Type.Optional(Type.Enum([...themes])),
    },
    { additionalProperties: false },
  ),
  response: Me,
});
export const setMyPassword = defineRoute({
  id: 'setMyPassword',
  method: 'PUT',
  path: '/me/password',
  summary: 'Set my password; my other sessions end, and after a reset by link my API tokens too',
  access: { who: 'self' },
  body: Type.Object(
    { current: Type.Optional(Type.String({ maxLength: 256 })), next: Password },
    { additionalProperties: false },
  ),
});
export const beginTotp = defineRoute({
  id: 'beginTotp',
  method: 'POST',
  path: '/me/totp',
  summary: 'Begin to set up one-time codes',
  access: { who: 'self' },
  response: Type.Object({ secret: Type.String(), uri: Type.String() }),
});
export const confirmTotp = defineRoute({
  id: 'confirmTotp',
  method: 'PUT',
  path: '/me/totp',
  summary: 'Turn one-time codes on, with a first code',
  access: { who: 'self' },
  body: Type.Object({ code: TotpCode }, { additionalProperties: false }),
});
export const removeTotp = defineRoute({
  id: 'removeTotp',
  method: 'DELETE',
  path: '/me/totp',
  summary: 'Turn one-time codes off',
  access: { who: 'self' },
});
export const Passkey = Type.Object({
  id: Type.String(),
  name: Line(100),
  createdAtMs: TimeMs,
  lastUsedMs: Type.Optional(TimeMs),
});
export type Passkey = Static<typeof Passkey>;
export const listMyPasskeys = defineRoute({
  id: 'listMyPasskeys',
  method: 'GET',
  path: '/me/passkeys',
  summary: 'My passkeys',
  access: { who: 'self' },
  response: Type.Object({ passkeys: Type.Array(Passkey) }),
});
export const beginPasskey = defineRoute({
  id: 'beginPasskey',
  method: 'POST',
  path: '/me/passkeys/options',
  summary: 'Begin to add a passkey',
  access: { who: 'self' },
  response: PasskeyOptions,
  audited: false,
});
export const addPasskey = defineRoute({
  id: 'addPasskey',
  method: 'POST',
  path: '/me/passkeys',
  summary: 'Add a passkey',
  access: { who: 'self' },
  body: PasskeyAnswer,
  response: Passkey,
});
export const removePasskey = defineRoute({
  id: 'removePasskey',
  method: 'DELETE',
  path: '/me/passkeys/{id}',
  summary: 'Remove a passkey',
  access: { who: 'self' },
  params: Type.Object({ id: Type.String({ maxLength: 1_400 }) }),
});
export const Session = Type.Object({
  id: NumericId,
  createdAtMs: TimeMs,
  lastUsedMs: TimeMs,
  address: Type.String(),
  userAgent: Line(300),
  current: Type.Boolean(),
});
export type Session = Static<typeof Session>;
export const listMySessions = defineRoute({
  id: 'listMySessions',
  method: 'GET',
  path: '/me/sessions',
  summary: 'Where I am signed in',
  access: { who: 'self' },
  response: Type.Object({ sessions: Type.Array(Session) }),
});
export const endMySession = defineRoute({
  id: 'endMySession',
  method: 'DELETE',
  path: '/me/sessions/{id}',
  summary: 'End one of my sessions',
  access: { who: 'self' },
  params: NumericIdParams,
});

const scope = 'people';
export const listPeople = defineRoute({
  id: 'listPeople',
  method: 'GET',
  path: '/people',
  summary: 'People',
  access: { who: 'admin', scope },
  response: Type.Object({ people: Type.Array(Person) }),
});
const SignInLink = Type.Object({ url: Type.String(), expiresAtMs: TimeMs });
export const createPerson = defineRoute({
  id: 'createPerson',
  method: 'POST',
  path: '/people',
  summary: 'Add a person; the answer holds a sign-in link that works once',
  access: { who: 'admin', scope },
  body: Type.Object(
    {
      login: Login,
      name: Line(100),
      role: Role,
      teamIds: Type.Optional(Type.Array(NumericId, { maxItems: 100 })),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ person: Person, signInLink: SignInLink }),
});
export const changePerson = defineRoute({
  id: 'changePerson',
  method: 'PATCH',
  path: '/people/{id}',
  summary: 'Change a person; the last admin stays one',
  access: { who: 'admin', scope },
  params: NumericIdParams,
  body: Type.Object(
    {
      name: Type.Optional(Line(100)),
      role: Type.Optional(Role),
      teamIds: Type.Optional(Type.Array(NumericId, { maxItems: 100 })),
      disabled: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  response: Person,
});
export const deletePerson = defineRoute({
  id: 'deletePerson',
  method: 'DELETE',
  path: '/people/{id}',
  summary: 'Delete a person, their sessions and tokens',
  access: { who: 'admin', scope },
  params: NumericIdParams,
});
export const createSignInLink = defineRoute({
  id: 'createSignInLink',
  method: 'POST',
  path: '/people/{id}/sign-in-link',
  summary: 'A sign-in link that works once, for somebody who is locked out',
  access: { who: 'admin', scope },
  params: NumericIdParams,
  response: SignInLink,
});

export const Team = Type.Object({ id: NumericId, name: Line(100) });
export type Team = Static<typeof Team>;
export const listTeams = defineRoute({
  id: 'listTeams',
  method: 'GET',
  path: '/teams',
  summary: 'Teams',
  access: { who: 'viewer', scope },
  response: Type.Object({ teams: Type.Array(Team) }),
});
export const createTeam = defineRoute({
  id: 'createTeam',
  method: 'POST',
  path: '/teams',
  summary: 'Add a team',
  access: { who: 'admin', scope },
  body: Type.Object({ name: Line(100) }, { additionalProperties: false }),
  response: Team,
});
export const deleteTeam = defineRoute({
  id: 'deleteTeam',
  method: 'DELETE',
  path: '/teams/{id}',
  summary: 'Delete a team; its targets become everybody’s',
  access: { who: 'admin', scope },
  params: NumericIdParams,
});

const TokenScope = Type.Enum(scopes.flatMap((name) => [`${name}:read` as const, `${name}:write` as const]));
export const ApiToken = Type.Object({
  id: NumericId,
  name: Line(100),
  scopes: Type.Array(TokenScope, { maxItems: 32 }),
  prefix: Type.String({ description: 'First characters of the secret' }),
  createdAtMs: TimeMs,
  expiresAtMs: Type.Optional(TimeMs),
  lastUsedMs: Type.Optional(TimeMs),
});
export type ApiToken = Static<typeof ApiToken>;
export const listMyTokens = defineRoute({
  id: 'listMyTokens',
  method: 'GET',
  path: '/me/tokens',
  summary: 'My API tokens',
  access: { who: 'self' },
  response: Type.Object({ tokens: Type.Array(ApiToken) }),
});
export const createToken = defineRoute({
  id: 'createToken',
  method: 'POST',
  path: '/me/tokens',
  summary: 'An API token, shown once',
  access: { who: 'self' },
  body: Type.Object(
    {
      name: Line(100),
      scopes: Type.Array(TokenScope, { minItems: 1, maxItems: 32 }),
      expiresInSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 5 * 365 * 86_400 })),
    },
    { additionalProperties: false },
  ),
  response: Type.Object({ token: ApiToken, secret: Type.String() }),
});
export const deleteToken = defineRoute({
  id: 'deleteToken',
  method: 'DELETE',
  path: '/me/tokens/{id}',
  summary: 'Withdraw an API token',
  access: { who: 'self' },
  params: NumericIdParams,
});
