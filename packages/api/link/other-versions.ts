/**
 * Who knocked and speaks another version of the link: such an agent gets no further than its hello, so that
 * nothing is known of it but its address, and nothing else would show why it is missing.
 */
import type { Clock } from '@maille/base/clock';
import { updateRemedy } from '@maille/engine/link/update-remedy';
import { type Finding, LINK_VERSION } from '@maille/wire/link/messages';

export interface OtherVersions {
  seen(address: string, version: number): void;
  findings(): Finding[];
}

/** Agents try again at least twice a minute. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;
/** Anybody may knock. */
const MAX_ADDRESSES = 1_000;

export function createOtherVersions(clock: Clock): OtherVersions {
  const lastByAddress = new Map<string, { version: number; atMs: number }>();
  return {
    seen(address, version) {
      lastByAddress.delete(address); // the last that knocked stands last
      lastByAddress.set(address, { version, atMs: clock.monoMs() });
      if (lastByAddress.size > MAX_ADDRESSES)
        lastByAddress.delete(lastByAddress.keys().next().value as string);
    },
    findings() {
      const sinceMs = clock.monoMs() - FORGOTTEN_AFTER_MS;
      const byVersion = new Map<number, string[]>();
      for (const [address, { version, atMs }] of lastByAddress) {
        if (atMs < sinceMs) lastByAddress.delete(address);
        else byVersion.set(version, [...(byVersion.get(version) ?? []), address]);
      }
      return [...byVersion].slice(0, MAX_FINDINGS).map(([version, addresses]) => ({
        id: `link-version-${version}`,
        severity: 'broken' as const,
        title:
          `Agents that speak version ${version} of the link are turned away, this server speaks ${LINK_VERSION}: ${addresses.length} addresses, last ${addresses.at(-1)}`.slice(
            0,
            200,
          ),
        remedy: updateRemedy(LINK_VERSION, version),
      }));
    },
  };
}
const MAX_FINDINGS = 4;
