/**
 * The gate that every request and every WebSocket passes: which host was asked, who asks, and whether a
 * page of ours did. What a caller may do is decided in access.ts.
 */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { Problem } from '@maille/base/problem';
import type { ApiTokens } from './api-tokens.ts';
import { type Caller, nobody } from './caller.ts';
import type { HostCheck } from './host-check.ts';
import { sameSecret } from './secret.ts';
import type { Sessions } from './sessions.ts';

export const CSRF_HEADER = 'x-maille-csrf';

export interface Admitted {
  caller: Caller;
  /** The Host header, checked. */
  host: string;
  secure: boolean;
  address: string;
}

/** What a request must show before it is looked at any further. */
export type PageProof = 'none' | 'origin' | 'origin-and-csrf';

export interface Gate {
  /**
   * Of a plain request. Throws when the host is not ours, or when the proof is missing that a page of ours
   * asks: the origin for whatever changes something, and the CSRF header too unless the route is open to
   * anybody (a page that signs in knows no session yet).
   */
  admitRequest(request: IncomingMessage, proof: PageProof): Promise<Admitted>;
  /** Of a WebSocket: a browser sends cookies with one that any page opens, and shows its origin. */
  admitUpgrade(request: IncomingMessage): Promise<Admitted>;
}

/** `__Host-` binds a cookie to this host over TLS; plain HTTP is served on loopback only and cannot have it. */
export function cookieName(secure: boolean): string {
  return secure ? '__Host-maille' : 'maille';
}

export function isSecure(request: IncomingMessage): boolean {
  return (request.socket as TLSSocket).encrypted === true;
}

export interface GateOptions {
  hosts: HostCheck;
  sessions: Sessions;
  tokens: ApiTokens;
}

export function createGate({ hosts, sessions, tokens }: GateOptions): Gate {
  async function identify(request: IncomingMessage, secure: boolean): Promise<Caller> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const secret = /^Bearer ([!-~]{1,200})$/i.exec(authorization)?.[1];
      return (secret !== undefined && (await tokens.find(secret))) || nobody;
    }
    const token = readCookie(request.headers.cookie, cookieName(secure));
    return (token !== undefined && (await sessions.find(token))) || nobody;
  }

  function admit(request: IncomingMessage): Omit<Admitted, 'caller'> {
    return {
      host: hosts.requireHost(request.headers.host),
      secure: isSecure(request),
      address: remoteAddress(request),
    };
  }

  return {
    async admitRequest(request, proof) {
      const admitted = admit(request);
      if (proof !== 'none') hosts.requireOwnOrigin(request.headers.origin, admitted.host, admitted.secure);
      const caller = await identify(request, admitted.secure);
      if (proof === 'origin-and-csrf' && caller.kind === 'person') {
        const csrf = request.headers[CSRF_HEADER];
        if (typeof csrf !== 'string' || !sameSecret(csrf, caller.csrf))
          throw new Problem('forbidden', `the header ${CSRF_HEADER} is missing or wrong`, {
            remedy: 'Reload the page.',
          });
      }
      return { ...admitted, caller };
    },
    async admitUpgrade(request) {
      const admitted = admit(request);
      const caller = await identify(request, admitted.secure);
      const { origin } = request.headers;
      if (caller.kind === 'person' && origin === undefined)
        throw new Problem('forbidden', 'a WebSocket that comes with a cookie must say its origin');
      hosts.requireOwnOrigin(origin, admitted.host, admitted.secure);
      return { ...admitted, caller };
    },
  };
}

function remoteAddress(request: IncomingMessage): string {
  const address = request.socket.remoteAddress ?? '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** Only the first cookie of a name counts (RFC 6265 leaves the order open; a second one is not ours). */
function readCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name) return value;
  }
  return undefined;
}
