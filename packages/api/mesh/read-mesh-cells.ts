/** All against all over a window: what each machine saw of each other, each pair's percentiles of its own samples. */
import type { SeriesStore } from '@maille/store/series/series-store';
import type { MeshCell, MeshMember } from '@maille/wire/rest/mesh';

const orNull = (value: number) => (Number.isNaN(value) ? null : value);

export async function readMeshCells(
  series: Pick<SeriesStore, 'readStatistics'>,
  members: readonly MeshMember[],
  fromMs: number,
  toMs: number,
): Promise<MeshCell[]> {
  const cells: MeshCell[] = [];
  for (const { targetId, agentNumber: to } of members) {
    if (targetId === undefined) continue;
    for (const { agentNumber: from } of members) {
      if (from === to) continue;
      const { sent, replies, p50Ns, p95Ns } = await series.readStatistics([targetId], fromMs, toMs, from);
      if (sent === 0) continue;
      cells.push({ from, to, sent, lost: sent - replies, medianNs: orNull(p50Ns), p95Ns: orNull(p95Ns) });
    }
  }
  return cells;
}
