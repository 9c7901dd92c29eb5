/**
 * One request to a server's API, as its own machine's command line makes it: a program of its own, because
 * the server is in a namespace. `ask-server.ts DATA-DIR METHOD PATH`, the body on standard input.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [dataDir, method, path] = process.argv.slice(2) as [string, string, string];
const token = readFileSync(join(dataDir, 'local-api-token'), 'utf8').trim();
const body = readFileSync(0, 'utf8');
const response = await fetch(`http://127.0.0.1:4480/api/v1${path}`, {
  method,
  headers: {
    authorization: `Bearer ${token}`,
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
  },
  ...(body === '' ? {} : { body }),
});
const text = await response.text();
if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
process.stdout.write(text);
