/** Ways of probing as people write them: `icmp`, `ping`, `443`, `tcp:443`, separated by commas or spaces. */
import { ICMP, MAX_METHODS_AT_ONCE, type ProbeMethod } from './probe-method.ts';

export interface ProbeList {
  /** Without repetitions, in the order of their first appearance. */
  probes: ProbeMethod[];
  /** The pieces that are none of them, once each: the first few, cut to what can be shown. */
  wrong: string[];
  tooMany: boolean;
}

const MAX_SHOWN = 40;
const MAX_WRONG = 8;

export function parseProbeList(text: string): ProbeList {
  const probes = new Set<ProbeMethod>();
  const wrong = new Set<string>();
  for (const piece of text.split(/[\s,;]+/)) {
    if (piece === '') continue;
    const probe = parseProbe(piece.toLowerCase());
    if (probe) probes.add(probe);
    else if (wrong.size < MAX_WRONG) wrong.add(piece.slice(0, MAX_SHOWN));
  }
  return { probes: [...probes], wrong: [...wrong], tooMany: probes.size > MAX_METHODS_AT_ONCE };
}

function parseProbe(piece: string): ProbeMethod | undefined {
  if (piece === ICMP || piece === 'ping') return ICMP;
  const digits = /^(?:tcp[:/])?(\d{1,5})$/.exec(piece)?.[1];
  const port = Number(digits);
  return digits !== undefined && port >= 1 && port <= 65_535 ? `tcp:${port}` : undefined;
}
