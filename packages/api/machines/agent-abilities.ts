/** What an agent of an older version cannot be asked for, and the finding that says so. */
import { UPDATE_AGENT } from '@maille/engine/link/update-remedy';
import {
  type AgentAbility,
  agentAbilities,
  type Finding,
  type MachineFacts,
} from '@maille/wire/link/messages';
import { ICMP, type ProbeMethod } from '@maille/wire/probe-method';

export type KnownAbilities = Pick<MachineFacts, 'abilities'>;

const words: Record<AgentAbility, string> = {
  tcp: 'TCP targets',
  routes: 'routes',
  experiments: 'load experiments',
};
const MAX_FINDINGS = 64;

/** It would take a way to probe that it has never heard of for an echo. */
export function understands({ abilities }: KnownAbilities, probe: ProbeMethod): boolean {
  return probe === ICMP || abilities?.includes('tcp') === true;
}

/** The facts of a machine, with what the server knows better than the machine. */
export function judgeAbilities(facts: MachineFacts): MachineFacts {
  const lacking = agentAbilities.filter((ability) => !facts.abilities?.includes(ability));
  if (lacking.length === 0) return facts;
  const finding: Finding = {
    id: 'agent-version',
    severity: 'missing',
    title: `This agent is older than its server, and is not asked for ${lacking.map((one) => words[one]).join(', ')}`,
    remedy: UPDATE_AGENT,
  };
  return { ...facts, findings: [finding, ...facts.findings].slice(0, MAX_FINDINGS) };
}
