/**
 * How a target is probed: `icmp` is an echo request, `tcp:443` a TCP connection to that port. One text on
 * every wire, in the database, in the addresses of pages; a host probed in two ways is two targets.
 */
import Type, { type Static } from 'typebox';

const port = '(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';
export const ProbeMethod = Type.String({
  pattern: `^(?:icmp|tcp:${port})$`,
  description: 'icmp, or tcp: and a port from 1 to 65535',
});
export type ProbeMethod = Static<typeof ProbeMethod>;

export const ICMP: ProbeMethod = 'icmp';
export const MAX_METHODS_AT_ONCE = 16;

/**
 * Targets as an older peer says them, from before there was a second way to probe: these are echoes. In place,
 * before they are checked; what is no target is left to the check.
 */
export function withProbe(targets: unknown): void {
  if (!Array.isArray(targets)) return;
  for (const target of targets)
    if (typeof target === 'object' && target !== null && target.probe === undefined) target.probe = ICMP;
}

/** The port of `tcp:443`; undefined for `icmp`. The text must fit the schema. */
export function tcpPortOf(method: ProbeMethod): number | undefined {
  return method.startsWith('tcp:') ? Number(method.slice(4)) : undefined;
}
