/** All against all over a window: what each machine saw of each other, in one read whatever their number. */
import type { SeriesStore } from '@maille/store/series/series-store';
import type { Mesh, MeshMember } from '@maille/wire/rest/mesh';

const orNull = (value: number) => (Number.isNaN(value) ? null : value);

export async function readMeshCells(
  series: Pick<SeriesStore, 'readStatisticsByAgent'>,
  members: readonly MeshMember[],
  fromMs: number,
  toMs: number,
): Promise<Pick<Mesh, 'cells' | 'window'>> {
  const seen = new Map<number, number>();
  for (const { targetId, agentNumber } of members)
    if (targetId !== undefined) seen.set(targetId, agentNumber);
  const looking = new Set(members.map(({ agentNumber }) => agentNumber));
  const { rows, ...window } = await series.readStatisticsByAgent([...seen.keys()], fromMs, toMs);
  return {
    window,
    cells: rows.flatMap(({ targetId, agentNumber: from, sent, replies, p50Ns, p95Ns }) => {
      const to = seen.get(targetId) as number;
      if (from === to || !looking.has(from)) return [];
      return [{ from, to, sent, lost: sent - replies, medianNs: orNull(p50Ns), p95Ns: orNull(p95Ns) }];
    }),
  };
}
