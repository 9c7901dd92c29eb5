/** Where the server of this machine answers. `up` notes it, because its ports may have been chosen. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const noteOf = (dataDir: string) => join(dataDir, 'run', 'server-url');

export function rememberServerUrl(dataDir: string, url: string): void {
  mkdirSync(dirname(noteOf(dataDir)), { recursive: true });
  writeFileSync(noteOf(dataDir), `${url}\n`);
}

export function localServerUrl(dataDir: string, httpListen: string | undefined): string {
  if (httpListen) return `http://${httpListen}`;
  try {
    const noted = readFileSync(noteOf(dataDir), 'utf8').trim();
    if (URL.canParse(noted)) return noted;
  } catch {
    // Not started by `up`: then it listens where it does by itself.
  }
  return 'http://127.0.0.1:4480';
}
