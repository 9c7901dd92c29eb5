/**
 * How the command line signs in: with MAILLE_URL and MAILLE_TOKEN to any server, else with the token
 * that the server of this machine leaves in its data folder for those who may read it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@maille/base/problem';
import { type Call, createCall } from '@maille/wire/rest/client';
import type { Context } from '../context.ts';
import { localServerUrl } from './server-url.ts';

export interface Connection {
  call: Call;
  url: string;
  headers: Record<string, string>;
}

export function connect(context: Context, dataDir: string): Connection {
  const { MAILLE_URL, MAILLE_TOKEN, MAILLE_HTTP_LISTEN } = context.environment;
  if (MAILLE_URL && !URL.canParse(MAILLE_URL)) {
    throw new Problem('invalid', `MAILLE_URL is no URL: ${MAILLE_URL}`, {
      remedy: 'For example: MAILLE_URL=https://maille.example.org:4443',
    });
  }
  // The token would cross the network in the clear, for anybody on the way to keep.
  if (MAILLE_URL && !keepsSecrets(new URL(MAILLE_URL))) {
    throw new Problem('invalid', `MAILLE_URL is not HTTPS: ${MAILLE_URL}`, {
      remedy: 'Use https://; plain HTTP is for this machine only.',
    });
  }
  if (MAILLE_URL && !MAILLE_TOKEN) {
    throw new Problem('unauthenticated', 'MAILLE_URL is set, and MAILLE_TOKEN is not', {
      remedy: 'Make a token on the page of your profile, and put it into MAILLE_TOKEN.',
    });
  }
  const url = (MAILLE_URL || localServerUrl(dataDir, MAILLE_HTTP_LISTEN)).replace(/\/+$/, '');
  const headers = { authorization: `Bearer ${MAILLE_TOKEN || readLocalToken(dataDir)}` };
  const call = createCall(url, () => headers);
  return {
    url,
    headers,
    call: (async (route: never, ...input: never[]) => {
      try {
        return await (call as (...all: never[]) => Promise<unknown>)(route, ...input);
      } catch (error) {
        throw error instanceof Problem && error.code === 'unavailable' ? unreachable(url, error) : error;
      }
    }) as Call,
  };
}

function keepsSecrets({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** fetch hides the reason in causes; a person needs just that one. */
export function unreachable(url: string, error: Problem): Problem {
  let deepest: unknown = error;
  while (deepest instanceof Error && deepest.cause !== undefined) deepest = deepest.cause;
  const { code = '', message = '' } = deepest as { code?: string; message?: string };
  if (/CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code)) {
    return new Problem(
      'unavailable',
      `${url} shows a certificate that this machine does not trust (${code})`,
      {
        remedy: 'Save the CA certificate of its Settings page, and set NODE_EXTRA_CA_CERTS=FILE.',
      },
    );
  }
  if (error.cause === undefined) return error;
  return new Problem('unavailable', `no server answers at ${url} (${code || message})`, {
    remedy: 'Start it (maille up), or set MAILLE_URL and MAILLE_TOKEN to speak to another one.',
  });
}

function readLocalToken(dataDir: string): string {
  const file = join(dataDir, 'local-api-token');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') {
      throw new Problem('forbidden', `${file} may not be read by you`, {
        remedy: 'Run this as root or as the user maille, or set MAILLE_URL and MAILLE_TOKEN.',
      });
    }
    throw new Problem('unavailable', `no server has run with the data in ${dataDir} yet`, {
      remedy: 'Start it (maille up), name its folder (--data FOLDER), or set MAILLE_URL and MAILLE_TOKEN.',
    });
  }
}
