/**
 * Backups are as large as the data, so they stream both ways, and checking one may take longer than
 * `fetch` is willing to wait for an answer.
 */
import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '@maille/base/problem';
import { routeUrl } from '@maille/wire/rest/client';
import { ProblemBody, problemFromBody } from '@maille/wire/rest/problem';
import type { Route } from '@maille/wire/rest/route';
import { checker } from '@maille/wire/schema';
import { readInput } from '../terminal/read-input.ts';
import { type Connection, unreachable } from './connect.ts';

const MAX_ANSWER_BYTES = 1024 ** 2;
const { fits } = checker(ProblemBody);

export interface StreamInput {
  body?: { content: Readable; bytes: number; type: string };
  query?: Record<string, unknown>;
}

/** Sends `body`, if any, and returns the answer once it is known to be a good one. */
export async function streamRequest(
  { url, headers }: Connection,
  route: Route,
  { body, query }: StreamInput = {},
): Promise<IncomingMessage> {
  const target = new URL(routeUrl(url, route, {}, query));
  const options: RequestOptions = {
    method: route.method,
    headers: {
      ...headers,
      ...(body && { 'content-type': body.type, 'content-length': body.bytes }),
    },
  };
  const outgoing =
    target.protocol === 'https:' ? httpsRequest(target, options) : httpRequest(target, options);
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on('response', resolve);
    outgoing.on('error', reject);
  });
  // The server may refuse before it has read all: then its answer counts, not the broken pipe.
  const sent = body ? pipeline(body.content, outgoing) : Promise.resolve(outgoing.end());
  let answer: IncomingMessage;
  try {
    [answer] = await Promise.all([answered, sent.catch(() => answered)]);
  } catch (cause) {
    throw unreachable(url, new Problem('unavailable', 'the server cannot be reached', { cause }));
  }
  if (answer.statusCode !== undefined && answer.statusCode < 300) return answer;
  const told: unknown = await readInput(answer, MAX_ANSWER_BYTES)
    .then(JSON.parse)
    .catch(() => undefined);
  throw fits(told)
    ? problemFromBody(told)
    : new Problem('internal', `the server answered ${answer.statusCode} without a reason`);
}
