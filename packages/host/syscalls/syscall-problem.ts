/** An errno as a Problem. `cause` is an Error with Node's own `code`, so that callers can tell them apart. */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { Problem, type ProblemCode } from '@maille/base/problem';

const { EPERM, EACCES, EADDRINUSE, ENOMEM, ENOBUFS, EMFILE, ENFILE, EAFNOSUPPORT, EPROTONOSUPPORT, ENOSYS } =
  constants.errno;

const codes = new Map<number, ProblemCode>([
  [EPERM, 'forbidden'],
  [EACCES, 'forbidden'],
  [EADDRINUSE, 'conflict'],
  [ENOMEM, 'unavailable'],
  [ENOBUFS, 'unavailable'],
  [EMFILE, 'unavailable'],
  [ENFILE, 'unavailable'],
  [EAFNOSUPPORT, 'unsupported'],
  [EPROTONOSUPPORT, 'unsupported'],
  [ENOSYS, 'unsupported'],
]);

/** `doing` completes "cannot …". */
export function syscallProblem(doing: string, errno: number, remedy?: string): Problem {
  const [code, message] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  const cause = Object.assign(new Error(`${code}: ${message}`), { code, errno });
  return new Problem(codes.get(errno) ?? 'internal', `cannot ${doing}: ${message}`, {
    cause,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
