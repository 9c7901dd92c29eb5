/** The address that a person's word for a host leads to. */
import { lookup } from 'node:dns/promises';
import { canonicalIpAddress } from '@maille/base/ip-address';
import { Problem } from '@maille/base/problem';
import { safeText } from '../terminal/safe-text.ts';

export async function resolveHost(host: string): Promise<string> {
  const address = canonicalIpAddress(host);
  if (address !== undefined) return address;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Problem(
      code === 'EAI_AGAIN' ? 'unavailable' : 'not-found',
      code === 'EAI_AGAIN' ? 'the resolvers do not answer' : `there is no host named ${safeText(host)}`,
      { cause },
    );
  }
}
