/** RFC 1071. Words are summed as they lie in memory: one's complement does not mind the byte order. */
export function internetChecksum(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
  if (at < to) sum += bytes[at] as number;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}
