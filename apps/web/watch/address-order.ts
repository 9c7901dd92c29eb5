/** Targets in the order of their addresses; names after them, by the alphabet. */
import { ipAddressToBigInt, parseIpAddress } from '@maille/base/ip-address';

export function inOrderOfAddress<T extends { host: string }>(targets: Iterable<T>): T[] {
  return [...targets]
    .map((target) => {
      const address = parseIpAddress(target.host);
      return { target, value: address && ipAddressToBigInt(address) };
    })
    .sort((a, b) => {
      if (a.value !== undefined && b.value !== undefined)
        return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      if (a.value !== undefined || b.value !== undefined) return a.value === undefined ? 1 : -1;
      return a.target.host < b.target.host ? -1 : 1;
    })
    .map(({ target }) => target);
}
