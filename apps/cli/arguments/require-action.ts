/** The first word after a command such as `machines`: what to do with them. */
import { UsageError } from './command.ts';
import { nearestWord } from './nearest-word.ts';

/** Returns the action and what follows it; without one, the first of `actions`. */
export function requireAction<A extends string>(
  command: string,
  rest: string[],
  actions: readonly [A, ...A[]],
): { action: A; args: string[] } {
  const [first, ...args] = rest;
  if (first === undefined) return { action: actions[0], args };
  const action = actions.find((candidate) => candidate === first);
  if (action) return { action, args };
  const near = nearestWord(first, actions);
  throw new UsageError(
    near
      ? `${command} cannot ${first}; did you mean ${command} ${near}?`
      : `${command} cannot ${first}; it can ${actions.join(', ')}.`,
  );
}

export function requireArguments(args: string[], usage: string): [string, ...string[]] {
  if (args.length === 0) throw new UsageError(`something is missing: maille ${usage}`);
  return args as [string, ...string[]];
}

export function refuseArguments(args: string[], usage: string): void {
  if (args.length > 0) throw new UsageError(`${args[0]} is one word too many: maille ${usage}`);
}
