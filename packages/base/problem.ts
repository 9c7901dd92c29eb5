/**
 * The one error that Maille shows to people. A closed set of codes for machines, a sentence for people,
 * the remedy beside it, and the cause for the logs: the same problem reads alike in the CLI, on a page
 * and in an alert. Over HTTP it travels as RFC 9457 (see wire/rest/problem.ts).
 */
export const problemCodes = [
  'invalid', // the request itself is wrong: `field` names where
  'unauthenticated', // nobody is signed in
  'forbidden', // somebody is, but may not
  'not-found',
  'conflict', // the state moved meanwhile, or the thing exists already
  'too-large', // over a stated bound
  'too-many', // over a stated rate
  'unavailable', // a part that is needed is not there now; trying again may help
  'unsupported', // this machine cannot; the remedy says what would bring it
  'internal', // our fault
] as const;

export type ProblemCode = (typeof problemCodes)[number];

export interface ProblemOptions {
  /** JSON pointer of the offending field, e.g. `/targets/3/intervalMs`. */
  field?: string;
  /** What the reader can do about it, as one sentence or one command. */
  remedy?: string;
  /** Seconds after which trying again makes sense. */
  retryAfterSeconds?: number;
  cause?: unknown;
}

export class Problem extends Error {
  readonly code: ProblemCode;
  readonly field: string | undefined;
  readonly remedy: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ProblemCode, message: string, options: ProblemOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.field = options.field;
    this.remedy = options.remedy;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
