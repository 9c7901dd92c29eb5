/** Whether a load experiment may be: its plan within bounds, its addresses targets and the operator's own. */
import { formatIpAddress, type IpAddress, parseIpAddress } from '@maille/base/ip-address';
import { createOwnAddresses } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import type { ExperimentPlan } from '@maille/wire/experiment';
import { checkExperimentPlan } from '@maille/wire/experiment-plan';

/** The plan with its addresses in canonical form; throws a Problem that names the field. */
export function checkRequest(
  plan: ExperimentPlan,
  isTarget: (host: string) => boolean,
  ownPrefixes: readonly string[],
): ExperimentPlan {
  checkExperimentPlan(plan, '/plan');
  const isOwn = createOwnAddresses(ownPrefixes);
  const addresses = plan.addresses.map((text, i) => {
    const field = `/plan/addresses/${i}`;
    const address = parseIpAddress(text) as IpAddress; // the plan was checked
    const host = formatIpAddress(address);
    if (!isTarget(host))
      throw new Problem('invalid', `${host} is no target of this server`, {
        field,
        remedy: `maille targets add ${host}`,
      });
    if (!isOwn(address))
      throw new Problem('forbidden', `${host} is neither private nor in a prefix of yours`, {
        field,
        remedy: 'Only own addresses are put under load: an admin names them in Settings, own prefixes.',
      });
    return host;
  });
  return { ...plan, addresses };
}
