/**
 * Where the others probe each machine. A person's word counts first. Without it: the address by which the
 * machine reaches the server, where it is the machine's own; behind a NAT that address is somebody else's,
 * so then one in a network that another machine has too; then the NAT's; then the first that is left.
 *
 * What a machine only says of itself is believed where it is the operator's own: a machine that lies must
 * not have all others probe a stranger. From the address by which it reached the server it was heard.
 *
 * An address that several machines have (a bridge of containers, say) names none of them, and of two
 * machines that would be probed at one address only the older is.
 */
import { cidrContains, parseCidr } from '@maille/base/cidr';
import { formatIpAddress, type IpAddress, parseIpAddress } from '@maille/base/ip-address';
import { createOwnAddresses } from '@maille/base/own-addresses';
import { Problem } from '@maille/base/problem';
import { prefixOf } from '@maille/engine/targets/parse-entries';
import type { Machine } from '@maille/wire/rest/machines';

export interface MeshPlace {
  address: string;
  chosen: 'set' | 'auto';
}

type PlacedMachine = Pick<Machine, 'id' | 'agentNumber' | 'facts' | 'remoteAddress' | 'meshAddress'>;

/** Loopback, link-local, multicast, unspecified, broadcast: no other machine reaches a machine by these. */
const NOWHERE = [
  '0.0.0.0/8',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '224.0.0.0/4',
  '255.255.255.255/32',
  '::/128',
  '::1/128',
  'fe80::/10',
  'ff00::/8',
].map((text) => parseCidr(text) as NonNullable<ReturnType<typeof parseCidr>>);
const MAPPED = parseCidr('::ffff:0:0/96') as NonNullable<ReturnType<typeof parseCidr>>;

/** IPv4 as IPv4, however the socket said it. */
function plain(address: IpAddress): IpAddress {
  return cidrContains(MAPPED, address) ? { family: 4, bytes: address.bytes.slice(12) } : address;
}

function reachable(text: string | undefined): IpAddress | undefined {
  const parsed = text === undefined ? undefined : parseIpAddress(text.replace(/\/\d+$/, ''));
  if (!parsed) return undefined;
  const address = plain(parsed);
  if (address.zone !== undefined || NOWHERE.some((prefix) => cidrContains(prefix, address))) return undefined;
  return address;
}

/** Canonical; empty stays empty. Throws a Problem that names the field. */
export function checkMeshAddress(text: string): string {
  if (text.trim() === '') return '';
  const address = reachable(text.trim());
  if (address) return formatIpAddress(address);
  throw new Problem('invalid', `${text} is no address by which another machine could reach this one`, {
    field: '/meshAddress',
    remedy: 'Give an IP address that is neither loopback nor link-local, or nothing to have one chosen.',
  });
}

/** All others will probe it: so it is own, or the one that the machine was heard from. Empty is fine. */
export function requireOwnMeshAddress(
  text: string,
  remoteAddress: string | undefined,
  ownPrefixes: readonly string[],
): void {
  const host = checkMeshAddress(text);
  const address = parseIpAddress(host);
  const remote = reachable(remoteAddress);
  if (!address || createOwnAddresses(ownPrefixes)(address)) return;
  if (remote && formatIpAddress(remote) === host) return;
  throw new Problem('forbidden', `${host} is neither private nor in a prefix of yours`, {
    field: '/meshAddress',
    remedy: 'All other machines would probe it: an admin names its prefix in Settings, own prefixes.',
  });
}

export function chooseMeshAddresses(
  machines: readonly PlacedMachine[],
  ownPrefixes: readonly string[],
): Map<string, MeshPlace> {
  const isOperators = createOwnAddresses(ownPrefixes);
  const inOrder = [...machines].sort((a, b) => a.agentNumber - b.agentNumber);
  const owned = new Map(inOrder.map((one) => [one.id, addressesOf(one)]));
  const bearers = counted([...owned.values()].map((list) => list.map(formatIpAddress)));
  const networks = counted([...owned.values()].map((list) => list.map(prefixOf)));
  const taken = new Set<string>();
  const places = new Map<string, MeshPlace>();
  const take = (id: string, address: string, chosen: MeshPlace['chosen']) => {
    if (taken.has(address)) return false;
    taken.add(address);
    places.set(id, { address, chosen });
    return true;
  };
  for (const { id, meshAddress } of inOrder) if (meshAddress) take(id, meshAddress, 'set');
  for (const one of inOrder) {
    if (one.meshAddress) continue;
    const own = owned.get(one.id) as IpAddress[];
    const alone = own.filter(
      (address) => isOperators(address) && bearers.get(formatIpAddress(address)) === 1,
    );
    const shared = alone.filter((address) => (networks.get(prefixOf(address)) ?? 0) > 1);
    const remote = reachable(one.remoteAddress);
    const isOwn = remote && own.some((address) => formatIpAddress(address) === formatIpAddress(remote));
    const best = [...(isOwn ? [remote] : []), ...shared, ...(remote ? [remote] : []), ...alone];
    best.some((address) => take(one.id, formatIpAddress(address), 'auto'));
  }
  return places;
}

/** IPv4 first: it is what most networks reach each other by. */
function addressesOf({ facts }: PlacedMachine): IpAddress[] {
  const all = facts.addresses.flatMap((text) => reachable(text) ?? []);
  return [...all.filter(({ family }) => family === 4), ...all.filter(({ family }) => family === 6)];
}

/** In how many of the lists each word is. */
function counted(lists: readonly string[][]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const list of lists) for (const word of new Set(list)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
