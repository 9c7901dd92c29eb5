/**
 * A route is declared once, here: path, who may, and the schemas that are its types, its validators,
 * its OpenAPI entry and its forms. The server implements each declaration, the pages and the CLI call it.
 */
import type { Static, TSchema } from 'typebox';

export const roles = ['viewer', 'operator', 'admin'] as const;
/** Each role may do what those before it may. */
export type Role = (typeof roles)[number];

/** What an API token may be limited to. A token has its owner's role, narrowed to its scopes. */
export const scopes = ['machines', 'targets', 'incidents', 'people', 'settings', 'audit', 'backup'] as const;
export type Scope = (typeof scopes)[number];

export interface Access {
  /** `open`: anybody. `self`: any signed-in person, about themselves, never a token. */
  who: 'open' | 'self' | Role;
  /** A token needs this scope, `:read` for GET and `:write` for the rest. Absent on `open` and `self`. */
  scope?: Scope;
}

export interface Route {
  /** The operation's id in OpenAPI, lower camel case. */
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below /api/v1, with `{name}` for parameters. */
  path: string;
  summary: string;
  access: Access;
  params?: TSchema;
  query?: TSchema;
  body?: TSchema;
  /** Absent: 204 and no body, or `answers`. */
  response?: TSchema;
  /** Media types of an answer that is no JSON. */
  answers?: readonly string[];
  /** A path outside of /api/v1 where other programs look for it. */
  alsoAt?: string;
  /** Bound on the request's body; 1 MiB unless told. */
  maxBodyBytes?: number;
  /** Goes through much of what is stored: few are done at once, and 429 and 503 say when to come again. */
  heavy?: 'always' | 'with-window';
  /** Kept in the audit log under the route's id; every route that is not a GET is, unless told. */
  audited?: false;
}

type StaticOr<S, Otherwise> = S extends TSchema ? Static<S> : Otherwise;
type Field<R, K extends string> = R extends { [P in K]: infer S } ? S : undefined;

export type ParamsOf<R extends Route> = StaticOr<Field<R, 'params'>, Record<never, never>>;
export type QueryOf<R extends Route> = StaticOr<Field<R, 'query'>, Record<never, never>>;
export type BodyOf<R extends Route> = StaticOr<Field<R, 'body'>, undefined>;
export type ResponseOf<R extends Route> = StaticOr<Field<R, 'response'>, undefined>;

/** Keeps the literal types of a declaration. */
export function defineRoute<const R extends Route>(route: R): R {
  return route;
}
