/**
 * JSON-RPC 2.0 (jsonrpc.org) over anything that carries text, both ways: each side asks, answers and
 * notifies. Batches are refused: the link gains nothing from them. Everything that waits is bounded, and
 * whatever comes in, `receive` never throws.
 */
import type { Cancel, Clock } from '@maille/base/clock';
import { Problem, type ProblemCode, problemCodes } from '@maille/base/problem';

/** Answers a request or takes a notification. A thrown Problem becomes the error that the caller gets. */
export type RpcMethod = (params: unknown) => unknown | Promise<unknown>;

export interface JsonRpcPeerOptions {
  send(text: string): void;
  clock: Clock;
  methods: Record<string, RpcMethod>;
  /** What came in was no JSON-RPC, or a notification was wrong: for counting, or for closing. */
  onFault?: (problem: Problem) => void;
  requestTimeoutMs?: number;
  /** Requests of ours that wait for an answer. */
  maxOutstanding?: number;
  /** Requests of theirs that we are still working on. */
  maxIncoming?: number;
}

export interface JsonRpcPeer {
  receive(text: string): void;
  request(method: string, params?: unknown, timeoutMs?: number): Promise<unknown>;
  notify(method: string, params?: unknown): void;
  /** Fails all that waits; nothing is sent or answered from now on. */
  close(problem: Problem): void;
}

const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const INTERNAL_ERROR = -32603;
/** A Problem of another kind; `data.code` says which. */
const PROBLEM = -32000;

type Id = string | number | null;
interface Waiting {
  resolve(value: unknown): void;
  reject(problem: Problem): void;
  cancel: Cancel;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is Id =>
  value === null || typeof value === 'number' || (typeof value === 'string' && value.length <= 64);

export function createJsonRpcPeer(options: JsonRpcPeerOptions): JsonRpcPeer {
  const { clock, requestTimeoutMs = 10_000, maxOutstanding = 64, maxIncoming = 64 } = options;
  const methods = new Map(Object.entries(options.methods));
  const waiting = new Map<number, Waiting>();
  let nextId = 1;
  let incoming = 0;
  let closed: Problem | undefined;

  const fault = (message: string) => options.onFault?.(new Problem('invalid', message));
  const send = (message: Record<string, unknown>) => {
    if (!closed) options.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
  };
  const sendError = (id: Id, code: number, message: string, data?: unknown) =>
    send({ id, error: { code, message, ...(data === undefined ? {} : { data }) } });

  function answerProblem(id: Id, error: unknown): void {
    if (!(error instanceof Problem)) {
      sendError(id, INTERNAL_ERROR, 'Something went wrong here.');
      return;
    }
    const { code, field, remedy } = error;
    sendError(id, code === 'invalid' ? INVALID_PARAMS : PROBLEM, error.message, {
      code,
      ...(field === undefined ? {} : { field }),
      ...(remedy === undefined ? {} : { remedy }),
    });
  }

  async function answer(id: Id, method: RpcMethod, params: unknown): Promise<void> {
    incoming++;
    try {
      const result = await method(params);
      send({ id, result: result === undefined ? null : result });
    } catch (error) {
      answerProblem(id, error);
    } finally {
      incoming--;
    }
  }

  async function take(name: string, method: RpcMethod, params: unknown): Promise<void> {
    try {
      await method(params);
    } catch (error) {
      options.onFault?.(
        error instanceof Problem ? error : new Problem('internal', `${name} failed`, { cause: error }),
      );
    }
  }

  function receiveAnswer(message: Record<string, unknown>): void {
    const id = message.id;
    const request = typeof id === 'number' ? waiting.get(id) : undefined;
    // An answer after its timeout is ordinary; one to nothing is harmless.
    if (!request) return;
    waiting.delete(id as number);
    request.cancel();
    if ('result' in message) request.resolve(message.result);
    else request.reject(problemOf(message.error));
  }

  return {
    receive(text) {
      if (closed) return;
      let message: unknown;
      try {
        message = JSON.parse(text);
      } catch {
        sendError(null, PARSE_ERROR, 'This is no JSON.');
        return fault('a frame is no JSON');
      }
      if (!isObject(message) || message.jsonrpc !== '2.0') {
        sendError(null, INVALID_REQUEST, 'This is no JSON-RPC 2.0 message.');
        return fault('a frame is no JSON-RPC 2.0 message');
      }
      if (typeof message.method !== 'string') {
        if ('result' in message || isObject(message.error)) return receiveAnswer(message);
        sendError(null, INVALID_REQUEST, 'Neither a request nor an answer.');
        return fault('a frame is neither a request nor an answer');
      }
      const method = methods.get(message.method);
      if (!('id' in message)) {
        // Unknown notifications are let pass: a newer side may say more than an older one knows.
        if (method) void take(message.method, method, message.params);
        return;
      }
      if (!isId(message.id)) {
        sendError(null, INVALID_REQUEST, 'An id is a string, a number or null.');
        return fault('a request has an impossible id');
      }
      if (!method) return sendError(message.id, METHOD_NOT_FOUND, 'There is no such method here.');
      if (incoming >= maxIncoming)
        return answerProblem(message.id, new Problem('too-many', 'Too many requests wait for an answer.'));
      void answer(message.id, method, message.params);
    },

    request(method, params, timeoutMs = requestTimeoutMs) {
      if (closed) return Promise.reject(closed);
      if (waiting.size >= maxOutstanding)
        return Promise.reject(new Problem('too-many', 'Too many requests wait for an answer.'));
      const id = nextId++;
      return new Promise((resolve, reject) => {
        const cancel = clock.after(timeoutMs, () => {
          waiting.delete(id);
          reject(new Problem('unavailable', `No answer to ${method} within ${timeoutMs} ms.`));
        });
        waiting.set(id, { resolve, reject, cancel });
        send({ id, method, ...(params === undefined ? {} : { params }) });
      });
    },

    notify(method, params) {
      send({ method, ...(params === undefined ? {} : { params }) });
    },

    close(problem) {
      if (closed) return;
      closed = problem;
      for (const { reject, cancel } of waiting.values()) {
        cancel();
        reject(problem);
      }
      waiting.clear();
    },
  };
}

/** The other side's error as a Problem; what it says is text from outside, so it is bounded. */
function problemOf(error: unknown): Problem {
  const given = isObject(error) ? error : {};
  const data = isObject(given.data) ? given.data : {};
  const code = problemCodes.find((known) => known === data.code) ?? ('unavailable' satisfies ProblemCode);
  const line = (value: unknown) => (typeof value === 'string' ? value.slice(0, 500) : undefined);
  // Only a newer side asks for what the other has not heard of.
  if (given.code === METHOD_NOT_FOUND)
    return new Problem('unsupported', 'The other side is too old for this.', {
      remedy: 'Bring server and agents to the same version of Maille.',
    });
  const remedy = line(data.remedy);
  return new Problem(code, line(given.message) ?? 'The other side refused.', {
    ...(remedy === undefined ? {} : { remedy }),
  });
}
