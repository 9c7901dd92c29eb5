/** What a route's logic gets and gives. The http layer does all the rest: who may, what fits, what is recorded. */
import type { Readable } from 'node:stream';
import { Problem } from '@maille/base/problem';
import type * as experiments from '@maille/wire/rest/experiments';
import type * as exports from '@maille/wire/rest/exports';
import type * as incidents from '@maille/wire/rest/incidents';
import type * as machines from '@maille/wire/rest/machines';
import type * as mesh from '@maille/wire/rest/mesh';
import type * as operations from '@maille/wire/rest/operations';
import type * as people from '@maille/wire/rest/people';
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, Route } from '@maille/wire/rest/route';
import type * as targets from '@maille/wire/rest/targets';
import type * as traceroutes from '@maille/wire/rest/traceroutes';
import type { Caller, KnownCaller } from '../auth/caller.ts';

type Declared = typeof people &
  typeof machines &
  typeof targets &
  typeof traceroutes &
  typeof incidents &
  typeof mesh &
  typeof experiments &
  typeof operations &
  typeof exports;
type DeclaredRoute = {
  [K in keyof Declared]: Declared[K] extends Route ? Declared[K] : never;
}[keyof Declared];
export type RouteId = DeclaredRoute['id'];
export type RouteOf<Id extends RouteId> = Extract<DeclaredRoute, { id: Id }>;

/** What the audit log says of this request beside the route's id and the caller. Secrets have no place here. */
export interface AuditNote {
  /** Instead of the route's id. */
  action?: string;
  /** Who acts, where the caller is not known yet: a sign-in. */
  actor?: string;
  subject?: string;
  detail?: Record<string, unknown>;
  /** Nothing is recorded: the fact is in the log already, or is not worth a line. */
  skip?: boolean;
}

export interface Context {
  caller: Caller;
  address: string;
  userAgent: string;
  /** Where this request came to, e.g. `https://maille.lan:4443`; the host is checked. */
  origin: string;
  secure: boolean;
  audit: AuditNote;
  /** For reads that go on after the answer has begun: waits for this caller's turn among the heavy ones. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Gives the browser a session's token; `undefined` takes it away. */
  setSession(token: string | undefined): void;
  /** The body as it comes, of the routes that take a tar. */
  stream: Readable | undefined;
  /** Answers with bytes instead of JSON; with a name, a browser saves them under it. */
  answerStream(stream: Readable, contentType: string, fileName?: string): void;
}

export interface Input<R extends Route> {
  params: ParamsOf<R>;
  query: QueryOf<R>;
  body: BodyOf<R>;
}

export type Handler<R extends Route> = (
  input: Input<R>,
  context: Context,
) => ResponseOf<R> | Promise<ResponseOf<R>>;

/** One handler a route: leaving one out does not compile, and does not start. */
export type Handlers = { [Id in RouteId]: Handler<RouteOf<Id>> };

export function knownCaller(context: Context): KnownCaller {
  if (context.caller.kind === 'nobody') throw new Problem('unauthenticated', 'nobody is signed in');
  return context.caller;
}

export function personCaller(context: Context): Extract<Caller, { kind: 'person' }> {
  if (context.caller.kind !== 'person') throw new Problem('forbidden', 'this needs a signed-in person');
  return context.caller;
}
