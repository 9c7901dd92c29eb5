/** The mesh as it is, and its pairs at the one time: the last minute as it comes, or a window's figures. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useSamples } from '@maille/ui/samples/use-samples.tsx';
import { useTime } from '@maille/ui/time/time.tsx';
import { getMesh, type Mesh } from '@maille/wire/rest/mesh';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useBaselines, useBaselinesOf } from '../use-baselines.ts';
import { useMachineName } from '../use-watch.ts';
import { type PairFigures, pairsOfMinute, pairsOfWindow, usualOfPairs } from './pair-figures.ts';

const MEMBERS_EVERY_MS = 30_000;
/** Figures that change twice as often cannot be read; thousands of them not even so often. */
const REDRAW_MS = 1_000;
const REDRAW_MANY_MS = 2_000;
const MANY_MEMBERS = 25;
const USUAL_STEP_MS = 600_000;

export interface MeshView {
  mesh: Mesh | undefined;
  pairs: PairFigures[];
  /** A window of the past, with the ends it was asked for; otherwise the minute up to a moment. */
  window: { fromMs: number; toMs: number } | undefined;
  loading: boolean;
  problem: unknown;
}

export function useMesh(): MeshView {
  const call = useCall();
  const { position } = useTime();
  const window = useMemo(
    () => (position.mode === 'window' ? { fromMs: position.fromMs, toMs: position.toMs } : undefined),
    [position],
  );
  const revision = useLive('targets').data?.revision;
  const names = useLive('machines').data;
  // Whatever could change who is in it, without its gauges.
  const fleet = useMemo(
    () =>
      [...(names?.values() ?? [])].map((one) => `${one.id}${one.state}${one.label}${one.connected}`).join(),
    [names],
  );
  const { data, error, isFetching } = useQuery({
    queryKey: ['mesh', window ?? 'live', revision, fleet],
    queryFn: ({ signal }) => call(getMesh, { query: window ?? {}, signal }),
    refetchInterval: window ? false : MEMBERS_EVERY_MS,
    placeholderData: keepPreviousData,
  });
  const { source, loading, problem } = useSamples('grid');
  const usual = useBaselinesOf(source);
  // A window is held against what was usual when it began: what is slow for long becomes usual within it.
  const before = useBaselines(undefined, window && Math.floor(window.fromMs / USUAL_STEP_MS) * USUAL_STEP_MS);

  const machineName = useMachineName();
  // Machines of one name are told apart as on every other page.
  const mesh = useMemo(
    () =>
      data && {
        ...data,
        members: data.members.map((one) => ({ ...one, name: machineName(one.machineId, one.name) })),
      },
    [data, machineName],
  );

  const periodMs = (data?.members.length ?? 0) > MANY_MEMBERS ? REDRAW_MANY_MS : REDRAW_MS;
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (window) return;
    let drawnMs = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const draw = () => {
      timer = undefined;
      drawnMs = performance.now();
      setTurn((before) => before + 1);
    };
    const stop = source.subscribe(() => {
      timer ??= setTimeout(draw, Math.max(0, drawnMs + periodMs - performance.now()));
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [source, window, periodMs]);

  const usualOf = useMemo(() => usualOfPairs(mesh?.members ?? [], [before, usual]), [mesh, before, usual]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is when the samples are read anew
  const pairs = useMemo(() => {
    if (!mesh?.on) return [];
    return window
      ? pairsOfWindow(mesh.members, mesh.cells, usualOf)
      : pairsOfMinute(mesh.members, source.window, usualOf);
  }, [mesh, window, source, turn, usualOf]);
  return {
    mesh,
    pairs,
    // What the cells are of, once they are there: whole minutes.
    window: window && (data?.window ?? window),
    loading: window ? isFetching : loading,
    problem: error ?? problem ?? undefined,
  };
}
