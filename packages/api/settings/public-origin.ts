/** Where others reach this server: what Settings says, else the way the asker came if that was HTTPS, else this host as others know it. */
export interface PublicOriginOptions {
  /** The setting; empty when it is not set. */
  publicUrl: string;
  /** What others can reach this host by. */
  host: string;
  httpsPort: number;
  /** Origin of the request that asks, if any. */
  asked?: string | undefined;
}

export function publicOrigin({ publicUrl, host, httpsPort, asked }: PublicOriginOptions): string {
  const set = parsePublicUrl(publicUrl);
  if (set) return set;
  if (asked?.startsWith('https://') && !/^https:\/\/(localhost|127\.|\[::1\])/.test(asked)) return asked;
  return `https://${host}:${httpsPort}`;
}

/** `maille.example.org:4443` or `https://maille.example.org`: an origin, or undefined when it is none. */
export function parsePublicUrl(text: string): string | undefined {
  if (text === '') return undefined;
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  const isOrigin =
    url?.protocol === 'https:' &&
    url.pathname === '/' &&
    !url.search &&
    !url.hash &&
    !url.username &&
    !url.password &&
    // A URL's host may hold `$` and `;`; this one ends in a command that people paste into a shell.
    /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname);
  return isOrigin ? url.origin : undefined;
}
