/** Calls a declared route with `fetch`: the same for the pages and for the CLI. */
import { Problem } from '@maille/base/problem';
import { checker } from '../schema.ts';
import { ProblemBody, problemFromBody } from './problem.ts';
import type { BodyOf, ParamsOf, QueryOf, ResponseOf, Route } from './route.ts';

export type CallInput<R extends Route> = (keyof ParamsOf<R> extends never
  ? { params?: undefined }
  : { params: ParamsOf<R> }) &
  (keyof QueryOf<R> extends never ? { query?: undefined } : { query: QueryOf<R> }) &
  (BodyOf<R> extends undefined ? { body?: undefined } : { body: BodyOf<R> }) & { signal?: AbortSignal };

export type Call = <R extends Route>(
  route: R,
  ...input: Record<never, never> extends CallInput<R> ? [CallInput<R>?] : [CallInput<R>]
) => Promise<ResponseOf<R>>;

const problemChecker = checker(ProblemBody);

export function routeUrl(
  base: string,
  route: Route,
  params: Record<string, unknown> = {},
  query: Record<string, unknown> = {},
): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return `${base}/api/v1${path}${search.size > 0 ? `?${search}` : ''}`;
}

export function createCall(
  base: string,
  headers: () => Record<string, string>,
  fetcher: typeof fetch = fetch,
): Call {
  return async (route, ...[input]) => {
    const { params, query, body, signal } = (input ?? {}) as {
      params?: object;
      query?: object;
      body?: unknown;
      signal?: AbortSignal;
    };
    let response: Response;
    try {
      response = await fetcher(routeUrl(base, route, { ...params }, { ...query }), {
        method: route.method,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers(),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new Problem('unavailable', 'the server cannot be reached', { cause });
    }
    if (response.status === 204) return undefined as ResponseOf<typeof route>;
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok) return answer as ResponseOf<typeof route>;
    if (problemChecker.fits(answer)) throw problemFromBody(answer);
    throw new Problem('internal', `the server answered ${response.status} without a reason`);
  };
}
