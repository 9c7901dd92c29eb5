/** The ways of probing that a person has chosen: some ticked, others written as ports. */
import { parseProbeList } from '@maille/wire/probe-list';
import { ICMP, MAX_METHODS_AT_ONCE, type ProbeMethod } from '@maille/wire/probe-method';

export interface ProbeWays {
  ticked: readonly ProbeMethod[];
  /** As it was typed. */
  ports: string;
}

/** What most people want, one click each. */
export const offeredWays: readonly ProbeMethod[] = [ICMP, 'tcp:80', 'tcp:443'];
export const pingOnly: ProbeWays = { ticked: [ICMP], ports: '' };

export function readProbeWays({ ticked, ports }: ProbeWays) {
  const { probes: written, wrong } = parseProbeList(ports);
  const probes = [...new Set([...offeredWays.filter((way) => ticked.includes(way)), ...written])];
  const tooMany = probes.length > MAX_METHODS_AT_ONCE;
  return {
    probes: tooMany ? [] : probes,
    wrong,
    tooMany,
    complete: probes.length > 0 && wrong.length === 0 && !tooMany,
  };
}
