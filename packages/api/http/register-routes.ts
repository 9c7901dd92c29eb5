/**
 * Joins each declared route to its handler: gate, access, schemas, answer, audit, in this order, the same
 * for all. There is no other way to a handler.
 */
import { Readable } from 'node:stream';
import type { Log } from '@maille/base/log';
import { Problem } from '@maille/base/problem';
import { PROBLEM_CONTENT_TYPE, problemBody } from '@maille/wire/rest/problem';
import type { Route } from '@maille/wire/rest/route';
import { routes } from '@maille/wire/rest/routes';
import { type Checker, checker } from '@maille/wire/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { AuditLog } from '../audit/audit-log.ts';
import { requireAccess } from '../auth/access.ts';
import { actorOf } from '../auth/caller.ts';
import { type Admitted, cookieName, type Gate, type PageProof } from '../auth/gate.ts';
import type { AuditNote, Context, Handlers } from './handler.ts';
import type { HeavyReads } from './heavy-reads.ts';

const API_BASE = '/api/v1';
const DEFAULT_BODY_BYTES = 1024 * 1024;
const TAR_ROUTES = new Set(['restoreBackup']);
const SESSION_SECONDS = 400 * 86_400; // the longest that browsers keep a cookie; the server ends sessions earlier

export interface RegisterOptions {
  app: FastifyInstance;
  handlers: Handlers;
  gate: Gate;
  audit: AuditLog;
  heavyReads: HeavyReads;
  log: Log;
}

export function registerRoutes(options: RegisterOptions): void {
  const handlers = options.handlers as unknown as Record<string, LooseHandler | undefined>;
  const missing = routes.filter((route) => handlers[route.id] === undefined).map((route) => route.id);
  if (missing.length > 0) throw new Problem('internal', `routes without a handler: ${missing.join(', ')}`);
  const declared = new Set(routes.map((route) => route.id));
  const stray = Object.keys(handlers).filter((id) => !declared.has(id));
  if (stray.length > 0) throw new Problem('internal', `handlers without a route: ${stray.join(', ')}`);

  for (const route of routes) {
    const answer = createAnswer(route, handlers[route.id] as LooseHandler, options);
    const path = API_BASE + route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    for (const url of route.alsoAt === undefined ? [path] : [path, route.alsoAt])
      options.app.route({
        method: route.method,
        url,
        bodyLimit: TAR_ROUTES.has(route.id)
          ? Number.MAX_SAFE_INTEGER
          : (route.maxBodyBytes ?? DEFAULT_BODY_BYTES),
        // The gate stands before the body is read: who may not, uploads nothing.
        onRequest: async (request) => {
          const admitted = await options.gate.admitRequest(request.raw, proofOf(route));
          request.admitted = admitted;
          requireAccess(route.access, route.method === 'GET' ? 'read' : 'write', admitted.caller);
          if (TAR_ROUTES.has(route.id)) request.allowSlowBody?.();
        },
        errorHandler: async (error, request, reply) => {
          const problem = toProblem(error, options.log, route.id);
          if (request.admitted)
            await record(options, route, request.admitted, request.auditNote ?? {}, problem);
          await sendProblem(reply, problem);
        },
        handler: answer,
      });
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    admitted?: Admitted;
    auditNote?: AuditNote;
  }
}

type LooseHandler = (input: { params: unknown; query: unknown; body: unknown }, context: Context) => unknown;

function proofOf({ method, access }: Route): PageProof {
  if (method === 'GET') return 'none';
  return access.who === 'open' ? 'origin' : 'origin-and-csrf';
}

function createAnswer(route: Route, handle: LooseHandler, options: RegisterOptions) {
  const takesTar = TAR_ROUTES.has(route.id);
  const params = route.params && coercing(route.params);
  const query = route.query && coercing(route.query);
  const body = route.body && checker(route.body);

  return async (request: FastifyRequest, reply: FastifyReply) => {
    const admitted = request.admitted as Admitted;
    const note: AuditNote = { subject: subjectOf(request.params) };
    request.auditNote = note;
    const input = {
      params: params ? params(request.params, 'the path') : {},
      query: query ? query(request.query, 'the query') : nothing(request.query),
      body: body ? body.check(request.body, 'the body') : undefined,
    };
    if (!body && !takesTar && request.body !== undefined && request.body !== null)
      throw new Problem('invalid', 'this route takes no body', { field: '/' });
    const { caller, address, host, secure } = admitted;
    const { heavyReads } = options;
    const turnsOf = caller.kind === 'nobody' ? address : String(caller.personId); // whose tokens are theirs
    let streamed = false;
    const context: Context = {
      caller,
      address,
      secure,
      userAgent: request.headers['user-agent'] ?? '',
      origin: `${secure ? 'https' : 'http'}://${host}`,
      audit: note,
      inTurn: (work) => heavyReads.turn(turnsOf, work),
      setSession: (token) => setSessionCookie(reply, secure, token),
      stream: takesTar && request.body instanceof Readable ? request.body : undefined,
      answerStream(stream, contentType, fileName) {
        streamed = true;
        reply.type(contentType);
        if (fileName !== undefined) reply.header('content-disposition', `attachment; filename="${fileName}"`);
        reply.send(stream);
      },
    };
    const work = () => handle(input, context);
    const result = await (isHeavy(route, input.query)
      ? answerInTurn(reply, heavyReads, turnsOf, work)
      : work());
    // What is done is on record before anybody is told.
    await record(options, route, admitted, note, undefined);
    if (streamed) return reply;
    if (route.response === undefined) return reply.code(204).send();
    return reply.send(result);
  };
}

function isHeavy({ heavy }: Route, query: unknown): boolean {
  return heavy === 'always' || (heavy === 'with-window' && (query as { toMs?: number }).toMs !== undefined);
}

/** Who has gone while waiting is read nothing for; the place is kept until the answer is taken. */
function answerInTurn(
  { raw }: FastifyReply,
  heavyReads: HeavyReads,
  caller: string,
  work: () => unknown,
): Promise<unknown> {
  raw.once('close', heavyReads.enter(caller));
  return heavyReads.turn(caller, () => {
    if (raw.destroyed) throw new Problem('unavailable', 'who asked has gone');
    return work();
  });
}

/** Queries and paths are text: numbers and booleans are made of it as the schema says, then checked. */
function coercing(schema: TSchema): (value: unknown, what: string) => unknown {
  const check = checker(schema) as Checker<unknown>;
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> };
  return (value, what) => {
    const coerced = Object.entries(value as Record<string, unknown>).map(([name, text]) => [
      name,
      typeof text === 'string' ? coerce(text, properties[name]?.type) : text,
    ]);
    return check.check(Object.fromEntries(coerced), what);
  };
}

/** What is no number stays text, and the schema says so. */
function coerce(text: string, type: string | undefined): unknown {
  const isNumeric = type === 'integer' || type === 'number';
  if (isNumeric && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function nothing(query: unknown): Record<string, never> {
  const [name] = Object.keys(query as object);
  if (name !== undefined)
    throw new Problem('invalid', `the query: /${name} is not known here`, { field: `/${name}` });
  return {};
}

function subjectOf(params: unknown): string {
  return Object.values((params ?? {}) as Record<string, string>)
    .join(' ')
    .slice(0, 300);
}

async function record(
  { audit, log }: RegisterOptions,
  route: Route,
  { caller, address }: Admitted,
  note: AuditNote,
  problem: Problem | undefined,
): Promise<void> {
  if (route.method === 'GET' || route.audited === false || note.skip) return;
  // Who is not known has changed nothing; failed sign-ins name themselves in the note.
  if (problem && caller.kind === 'nobody' && note.action === undefined) return;
  const { actor, actorKind } = actorOf(caller);
  try {
    await audit.record({
      actor: note.actor ?? actor,
      actorKind,
      address,
      action: note.action ?? route.id,
      subject: note.subject ?? '',
      outcome: !problem
        ? 'done'
        : problem.code === 'internal' || problem.code === 'unavailable'
          ? 'failed'
          : 'refused',
      detail: { ...note.detail, ...(problem && { problem: problem.message }) },
    });
  } catch (error) {
    log.error({ err: error, route: route.id }, 'an audit entry could not be written');
    if (!problem) throw error;
  }
}

function setSessionCookie(reply: FastifyReply, secure: boolean, token: string | undefined): void {
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  const age = token === undefined ? 0 : SESSION_SECONDS;
  reply.header('set-cookie', `${cookieName(secure)}=${token ?? ''}; Max-Age=${age}; ${attributes}`);
}

export async function sendProblem(reply: FastifyReply, problem: Problem): Promise<void> {
  const body = problemBody(problem);
  if (problem.retryAfterSeconds !== undefined)
    reply.header('retry-after', Math.ceil(problem.retryAfterSeconds));
  // What is refused before its body was read must not have the rest taken for the next request.
  if (!reply.request.raw.complete) reply.header('connection', 'close');
  await reply.code(body.status).type(PROBLEM_CONTENT_TYPE).send(JSON.stringify(body));
}

/** Anything that is no Problem is our fault: the log has it, the caller does not. */
export function toProblem(error: unknown, log: Log, where: string): Problem {
  if (error instanceof Problem) {
    if (error.code === 'internal') log.error({ err: error, where }, error.message);
    return error;
  }
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (statusCode === 413) return new Problem('too-large', 'the body is larger than this route takes');
  if (statusCode === 415)
    return new Problem('invalid', 'the body is of a type that this route does not take', {
      remedy: 'Send application/json.',
    });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem(
      'invalid',
      code === 'FST_ERR_CTP_EMPTY_JSON_BODY' ? 'the body is empty' : `the request is wrong: ${message}`,
    );
  log.error({ err: error, where }, 'a request failed');
  return new Problem('internal', 'the server failed; its log says why');
}
