/** Fills a source with the past: the sixty ticks up to the moment shown, seconds or (fast) minutes. */
import { getGridMinute, getGridMinutes, getTargetSeries } from '@maille/wire/rest/targets';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useCall } from '../api/api.tsx';
import type { TimePosition } from '../time/time-position.ts';
import { createPastHours, FASTEST_BY_PROBE, MINUTE_SCALE, PIECE_MINUTES } from './past-hours.ts';
import { createPastMinutes } from './past-minutes.ts';
import { createPastPieces } from './past-pieces.ts';
import { batchesOfSeries } from './past-target.ts';
import { WINDOW_SECONDS } from './sample-plane.ts';
import type { FilledSampleSource } from './sample-source.ts';

const MINUTE_MS = 60_000;
const MAX_KEPT_OF_ONE = 30;

/** Whether ticks are minutes: beyond 60×, as long as it runs. Standing still, each probe is shown. */
export function showsMinutes(position: TimePosition): boolean {
  return position.mode === 'replay' && position.playing && position.speed > FASTEST_BY_PROBE;
}

export function momentShown(position: TimePosition): number {
  return position.mode === 'replay' ? position.atMs : position.mode === 'window' ? position.toMs : 0;
}

/** `targetId`: of this target alone. */
export function usePast(source: FilledSampleSource, position: TimePosition, targetId: number | undefined) {
  const call = useCall();
  const [loading, setLoading] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const live = position.mode === 'live';
  const byMinute = showsMinutes(position);
  const atMs = momentShown(position);
  const speed = position.mode === 'replay' && position.playing ? position.speed : 0;
  const pieces = useMemo(() => {
    if (targetId !== undefined) {
      const pieceMs = byMinute ? PIECE_MINUTES * MINUTE_MS : MINUTE_MS;
      const resolution = byMinute ? 'minute' : 'raw';
      return createPastPieces(async (piece) => {
        const query = { fromMs: piece * pieceMs, toMs: (piece + 1) * pieceMs, resolution } as const;
        const { series } = await call(getTargetSeries, { params: { id: targetId }, query });
        return batchesOfSeries(targetId, series);
      }, MAX_KEPT_OF_ONE);
    }
    return byMinute
      ? createPastHours((fromMs, toMs) => call(getGridMinutes, { query: { fromMs, toMs } }))
      : createPastMinutes((endsAtMs) => call(getGridMinute, { query: { atMs: endsAtMs } }));
  }, [call, byMinute, targetId]);
  const filledTo = useRef({ source, atMs: 0 });
  useEffect(() => {
    if (live) return;
    let gone = false;
    // By the clock of the samples: of a minute's tick it is sixty times slower.
    const scale = byMinute ? MINUTE_SCALE : 1;
    // The minute that is not over has no tick yet.
    const scaledMs = byMinute ? Math.floor(atMs / MINUTE_MS) * 1_000 - 1 : atMs;
    const pieceMs = byMinute ? PIECE_MINUTES * MINUTE_MS : MINUTE_MS;
    const last = Math.floor((atMs - 1) / pieceMs);
    const first = Math.max(0, Math.floor((atMs - WINDOW_SECONDS * 1_000 * scale) / pieceMs));
    const needed = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const fill = () => {
      if (gone) return;
      const { window } = source;
      const before = filledTo.current;
      const onwards =
        before.source === source &&
        scaledMs >= before.atMs &&
        scaledMs - before.atMs < WINDOW_SECONDS * 1_000;
      if (!onwards) window.clear();
      window.advanceTo(scaledMs);
      const fromMs = onwards ? before.atMs : scaledMs - WINDOW_SECONDS * 1_000;
      for (const piece of needed) {
        if (((piece + 1) * pieceMs) / scale <= fromMs) continue;
        for (const { agentNumber, batch } of pieces.ready(piece) ?? [])
          window.ingest(agentNumber, batch, fromMs, scaledMs);
      }
      filledTo.current = { source, atMs: scaledMs };
      setLoading(false);
      setProblem(undefined);
      source.changed();
    };
    if (needed.every((piece) => pieces.ready(piece))) fill();
    else {
      setLoading(true);
      Promise.all(needed.map((piece) => pieces.piece(piece))).then(fill, (error: unknown) => {
        if (gone) return;
        setLoading(false);
        setProblem(error);
      });
    }
    // Two seconds ahead, so that a running replay does not wait.
    const ahead = Math.ceil((2_000 * speed) / pieceMs);
    for (let piece = last + 1; piece <= last + ahead && piece * pieceMs < Date.now(); piece++)
      pieces.piece(piece).catch(() => {});
    return () => {
      gone = true;
    };
  }, [live, atMs, byMinute, speed, pieces, source]);
  return { loading, problem };
}
