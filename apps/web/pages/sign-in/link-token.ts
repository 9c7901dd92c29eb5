/** A sign-in link carries its token behind `#`, which no proxy and no log ever sees. */
export function linkTokenIn({ pathname, hash }: { pathname: string; hash: string }): string | undefined {
  if (pathname !== '/sign-in') return undefined;
  const token = hash.replace(/^#(token=)?/, '');
  return /^[\w-]{8,200}$/.test(token) ? token : undefined;
}
