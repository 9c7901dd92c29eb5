/** The mesh as it is, and its pairs at the one time: the last minute as it comes, or a window's figures. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { useSamples } from '@maille/ui/samples/use-samples.tsx';
import { useTime } from '@maille/ui/time/time.tsx';
import { getMesh, type Mesh } from '@maille/wire/rest/mesh';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { useBaselinesOf } from '../use-baselines.ts';
import { type PairFigures, pairsOfMinute, pairsOfWindow } from './pair-figures.ts';

const MEMBERS_EVERY_MS = 30_000;
/** Figures that change twice as often cannot be read; thousands of them not even so often. */
const REDRAW_MS = 1_000;
const REDRAW_MANY_MS = 2_000;
const MANY_MEMBERS = 25;

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
  useBaselinesOf(source);

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

  // biome-ignore lint/correctness/useExhaustiveDependencies: `turn` is when the samples are read anew
  const pairs = useMemo(() => {
    if (!data?.on) return [];
    return window ? pairsOfWindow(data.members, data.cells) : pairsOfMinute(data.members, source.window);
  }, [data, window, source, turn]);
  return {
    mesh: data,
    pairs,
    window,
    loading: window ? isFetching : loading,
    problem: error ?? problem ?? undefined,
  };
}
