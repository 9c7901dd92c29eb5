/** Ways of probing as people write them: `icmp`, `ping`, `443`, `tcp:443`, separated by commas or spaces. */
import { ICMP, MAX_METHODS_AT_ONCE, type ProbeMethod } from './probe-method.ts';

export interface ProbeList {
  /** Without repetitions, in the order of their first appearance. */
  probes: ProbeMethod[];
  /** The first piece that is none of them, cut to what can be shown. */
  wrong: string | undefined;
  tooMany: boolean;
}

const MAX_SHOWN = 40;

export function parseProbeList(text: string): ProbeList {
  const probes = new Set<ProbeMethod>();
  let wrong: string | undefined;
  for (const piece of text.split(/[\s,;]+/)) {
    if (piece === '') continue;
    const probe = parseProbe(piece.toLowerCase());
    if (probe) probes.add(probe);
    else wrong ??= piece.slice(0, MAX_SHOWN);
  }
  return { probes: [...probes], wrong, tooMany: probes.size > MAX_METHODS_AT_ONCE };
}

function parseProbe(piece: string): ProbeMethod | undefined {
  if (piece === ICMP || piece === 'ping') return ICMP;
  const digits = /^(?:tcp[:/])?(\d{1,5})$/.exec(piece)?.[1];
  const port = Number(digits);
  return digits !== undefined && port >= 1 && port <= 65_535 ? `tcp:${port}` : undefined;
}
