/** The address that a person's word for a host leads to. */
import { lookup } from 'node:dns/promises';
import { canonicalIpAddress } from '@maille/base/ip-address';
import { Problem } from '@maille/base/problem';
import { safeText } from '../terminal/safe-text.ts';

/** Digits and dots alone are meant as an address; no resolver need be asked. */
const MEANT_AS_ADDRESS = /^[\d.]+$|:/;

/** Throws a Problem that names the host. */
export async function resolveHost(host: string): Promise<string> {
  const address = canonicalIpAddress(host);
  if (address !== undefined) return address;
  if (MEANT_AS_ADDRESS.test(host)) throw new Problem('invalid', `${safeText(host)} is no address`);
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw code === 'EAI_AGAIN'
      ? new Problem('unavailable', `no resolver answers for ${safeText(host)}`, {
          cause,
          remedy: 'An address needs no resolver; those of this machine stand in /etc/resolv.conf.',
        })
      : new Problem('not-found', `there is no host named ${safeText(host)}`, { cause });
  }
}
