/** Routes of /mesh: the switch, who is in it, and what each machine saw of each other over a window. */
import { Problem } from '@maille/base/problem';
import type { SettingsStore } from '@maille/store/database/settings';
import type { SeriesStore } from '@maille/store/series/series-store';
import type { Mesh } from '@maille/wire/rest/mesh';
import { actorOf } from '../auth/caller.ts';
import type { Context, Handlers } from '../http/handler.ts';
import { knownCaller } from '../http/handler.ts';
import type { TargetRegistry } from '../targets/target-registry.ts';
import { visibilityOf } from '../targets/target-visibility.ts';
import type { MeshKeeper } from './mesh-keeper.ts';
import { readMeshCells } from './read-mesh-cells.ts';

export type MeshHandlers = Pick<Handlers, 'getMesh' | 'setMesh'>;

const MAX_WINDOW_MS = 31 * 86_400_000;

export interface MeshRoutesOptions {
  mesh: MeshKeeper;
  targets: Pick<TargetRegistry, 'get'>;
  series: Pick<SeriesStore, 'readStatisticsByAgent'>;
  settings: SettingsStore;
}

export function createMeshRoutes({ mesh, targets, series, settings }: MeshRoutesOptions): MeshHandlers {
  /** Who may not see the target, does not learn which it is. */
  function shown(context: Context): Omit<Mesh, 'cells' | 'window'> {
    const visibility = visibilityOf(knownCaller(context));
    const sees = (id: number | undefined) => {
      const target = id === undefined ? undefined : targets.get(id);
      return target !== undefined && visibility.sees(target);
    };
    const members = mesh.members().map((member) => {
      if (member.targetId === undefined || sees(member.targetId)) return member;
      const { targetId: _hidden, ...rest } = member;
      return rest;
    });
    return { on: mesh.isOn(), members };
  }

  return {
    async getMesh({ query: { fromMs, toMs } }, context) {
      const found = shown(context);
      if (fromMs === undefined && toMs === undefined) return { ...found, cells: [] };
      if (fromMs === undefined || toMs === undefined)
        throw new Problem('invalid', 'a window has two ends', {
          field: fromMs === undefined ? '/fromMs' : '/toMs',
        });
      if (toMs <= fromMs)
        throw new Problem('invalid', 'the window ends before it begins', { field: '/toMs' });
      if (toMs - fromMs > MAX_WINDOW_MS)
        throw new Problem('too-large', 'the mesh is shown over at most 31 days', { field: '/fromMs' });
      return { ...found, ...(await readMeshCells(series, found.members, fromMs, toMs)) };
    },

    async setMesh({ body: { on } }, context) {
      context.audit.detail = { on };
      const by = actorOf(context.caller).actor;
      const before = mesh.isOn();
      await settings.change({ mesh: on }, by);
      try {
        // Now, not soon: who has switched it sees what it did.
        await mesh.keep();
      } catch (error) {
        await settings.change({ mesh: before }, by);
        throw error;
      }
      return { ...shown(context), cells: [] };
    },
  };
}
