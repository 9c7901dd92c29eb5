/**
 * The one place that decides who may. A declaration (`access` of a route or of a live topic) and a
 * caller in, a verdict out; REST, live and the route walk all ask here. Whatever is not allowed is refused.
 */
import { Problem } from '@maille/base/problem';
import { type Access, type Role, roles, type Scope } from '@maille/wire/rest/route';
import type { Caller } from './caller.ts';

export type Verdict = 'allowed' | 'unauthenticated' | 'forbidden';

export function decideAccess(access: Access, mode: 'read' | 'write', caller: Caller): Verdict {
  if (access.who === 'open') return 'allowed';
  if (caller.kind === 'nobody') return 'unauthenticated';
  // What is about oneself (password, passkeys, tokens) is never a token's: it could outlive its owner's will.
  if (access.who === 'self') return caller.kind === 'person' ? 'allowed' : 'forbidden';
  if (!atLeast(caller.role, access.who)) return 'forbidden';
  if (access.scope === undefined) return caller.kind === 'token' ? 'forbidden' : 'allowed';
  return holdsScope(caller, access.scope, mode) ? 'allowed' : 'forbidden';
}

/** For answers that are made of several things: a token sees those alone that its scopes name. */
export function holdsScope(
  caller: { kind: Caller['kind']; scopes?: readonly string[] },
  scope: Scope,
  mode: 'read' | 'write',
): boolean {
  return caller.kind !== 'token' || caller.scopes?.includes(`${scope}:${mode}`) === true;
}

export function requireAccess(access: Access, mode: 'read' | 'write', caller: Caller): void {
  const verdict = decideAccess(access, mode, caller);
  if (verdict === 'unauthenticated')
    throw new Problem('unauthenticated', 'nobody is signed in', { remedy: 'Sign in, or send an API token.' });
  if (verdict === 'forbidden') {
    const needs = access.who === 'self' ? 'a signed-in person' : `the role ${access.who}`;
    const scope =
      caller.kind === 'token' && access.scope !== undefined
        ? ` and a token with the scope ${access.scope}:${mode}`
        : '';
    throw new Problem('forbidden', `this needs ${needs}${scope}`);
  }
}

function atLeast(has: Role, needs: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needs) && roles.includes(has);
}
