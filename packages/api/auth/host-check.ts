/**
 * Which names this server answers to. A page elsewhere can make a browser send requests here by letting
 * its own name resolve to our address (DNS rebinding); it cannot make the Host header one of our names.
 * And a page of ours is the only one that may change anything: Origin must be the Host that was asked.
 * Forwarding headers are never read: anybody can write them.
 */
import { Problem } from '@maille/base/problem';

export interface HostCheck {
  /** The Host header, checked; throws a Problem `forbidden` when it is none of ours. */
  requireHost(host: string | undefined): string;
  /** Throws a Problem `forbidden` when a browser says that another page asked. */
  requireOwnOrigin(origin: string | undefined, host: string, secure: boolean): void;
}

/** `names`: host names and addresses without ports, read anew at each call, since addresses come and go. */
export function createHostCheck(names: () => Iterable<string>): HostCheck {
  const always = new Set(['localhost', '127.0.0.1', '[::1]']);
  const known = (hostname: string): boolean => {
    if (always.has(hostname)) return true;
    for (const name of names()) {
      const bare = (name.split('%')[0] as string).toLowerCase();
      if (hostname === (bare.includes(':') ? `[${bare}]` : bare)) return true;
    }
    return false;
  };
  return {
    requireHost(host) {
      const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.exec(host ?? '');
      // A trailing dot is the same name, fully qualified.
      const hostname = match?.[1]?.toLowerCase().replace(/\.$/, '');
      if (host === undefined || hostname === undefined || !known(hostname))
        throw new Problem('forbidden', 'this server does not answer to that host name', {
          remedy: 'Open it by its own name or address, or set that name as the public URL in Settings.',
        });
      return host.toLowerCase();
    },
    requireOwnOrigin(origin, host, secure) {
      if (origin === undefined || origin.toLowerCase() === `${secure ? 'https' : 'http'}://${host}`) return;
      throw new Problem('forbidden', 'the request came from another site’s page');
    },
  };
}
