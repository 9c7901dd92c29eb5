/** A Problem over HTTP: RFC 9457, `application/problem+json`. */
import { Problem, type ProblemCode, problemCodes } from '@maille/base/problem';
import Type, { type Static } from 'typebox';

export const PROBLEM_CONTENT_TYPE = 'application/problem+json';

export const ProblemBody = Type.Object({
  type: Type.String({ description: 'urn:maille:problem: and the code' }),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.Enum([...problemCodes]),
  field: Type.Optional(Type.String({ description: 'JSON pointer of the field that is wrong' })),
  remedy: Type.Optional(Type.String()),
  retryAfterSeconds: Type.Optional(Type.Number()),
});
export type ProblemBody = Static<typeof ProblemBody>;

const statuses: Record<ProblemCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  'too-many': 429,
  unavailable: 503,
  unsupported: 501,
  internal: 500,
};

export function problemBody(problem: Problem): ProblemBody {
  return {
    type: `urn:maille:problem:${problem.code}`,
    title: problem.message,
    status: statuses[problem.code],
    code: problem.code,
    ...(problem.field !== undefined && { field: problem.field }),
    ...(problem.remedy !== undefined && { remedy: problem.remedy }),
    ...(problem.retryAfterSeconds !== undefined && { retryAfterSeconds: problem.retryAfterSeconds }),
  };
}

export function problemFromBody(body: ProblemBody): Problem {
  return new Problem(body.code, body.title, {
    ...(body.field !== undefined && { field: body.field }),
    ...(body.remedy !== undefined && { remedy: body.remedy }),
    ...(body.retryAfterSeconds !== undefined && { retryAfterSeconds: body.retryAfterSeconds }),
  });
}
