/** The samples that a page shows, wherever the one time stands: the live stream, or minutes of the past. */
import { getGridMinute } from '@maille/wire/rest/targets';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useCall } from '../api/api.tsx';
import { useLiveLine, useLiveSamples } from '../live/live.tsx';
import type { SampleListener, SampleTopic } from '../live/live-client.ts';
import { useReplayHold, useTime } from '../time/time.tsx';
import { createPastMinutes } from './past-minutes.ts';
import { createSampleSource, type SampleSource } from './sample-source.ts';
import { WINDOW_SECONDS } from './sample-window.ts';

export interface Samples {
  source: SampleSource;
  /** Samples that the server left out for this page's sake. */
  skipped: number;
  /** The past is being fetched. */
  loading: boolean;
  problem: unknown;
}

/** `topic` grid: every target; target: the one of `targetId`. */
export function useSamples(topic: SampleTopic, targetId?: number): Samples {
  const { position } = useTime();
  const live = position.mode === 'live';
  const call = useCall();
  const offset = useRef(0);
  offset.current = useLiveLine().serverOffsetMs;
  const atMs = position.mode === 'replay' ? position.atMs : position.mode === 'window' ? position.toMs : 0;
  const moment = useRef(atMs);
  moment.current = atMs;
  const [skipped, setSkipped] = useState(0);
  const [loading, setLoading] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another topic or target starts with an empty window
  const source = useMemo(
    () =>
      live
        ? createSampleSource(
            () => Date.now() + offset.current,
            () => true,
          )
        : createSampleSource(
            () => moment.current,
            () => false,
          ),
    [live, topic, targetId],
  );

  const listener = useMemo<SampleListener | undefined>(
    () =>
      live
        ? {
            onSamples({ agentNumber, batch }) {
              source.window.advanceTo(source.nowMs());
              source.window.ingest(agentNumber, batch);
              source.changed();
            },
            onSkipped: (samples) => setSkipped((before) => before + samples),
          }
        : undefined,
    [live, source],
  );
  useLiveSamples(topic, targetId, listener);

  useEffect(() => {
    if (!live) return;
    const timer = setInterval(() => {
      source.window.advanceTo(source.nowMs());
      source.changed();
    }, 1_000);
    return () => clearInterval(timer);
  }, [live, source]);

  const minutes = useMemo(
    () => createPastMinutes((endsAtMs) => call(getGridMinute, { query: { atMs: endsAtMs } })),
    [call],
  );
  const filledTo = useRef({ source, atMs: 0 });
  useEffect(() => {
    if (live) return;
    let gone = false;
    const last = Math.floor((atMs - 1) / 60_000);
    const needed = [last - 1, last].filter((minute) => minute >= 0);
    const fill = () => {
      if (gone) return;
      const { window } = source;
      const before = filledTo.current;
      const onwards =
        before.source === source && atMs >= before.atMs && atMs - before.atMs < WINDOW_SECONDS * 1_000;
      if (!onwards) window.clear();
      window.advanceTo(atMs);
      const fromMs = onwards ? before.atMs : atMs - WINDOW_SECONDS * 1_000;
      for (const minute of needed) {
        if ((minute + 1) * 60_000 <= fromMs) continue;
        for (const { agentNumber, batch } of minutes.ready(minute) ?? [])
          window.ingest(agentNumber, batch, fromMs, atMs);
      }
      filledTo.current = { source, atMs };
      setLoading(false);
      setProblem(undefined);
      source.changed();
    };
    if (needed.every((minute) => minutes.ready(minute))) fill();
    else {
      setLoading(true);
      Promise.all(needed.map((minute) => minutes.minute(minute))).then(fill, (error: unknown) => {
        if (gone) return;
        setLoading(false);
        setProblem(error);
      });
    }
    if (position.mode === 'replay' && position.playing) minutes.minute(last + 1).catch(() => {});
    return () => {
      gone = true;
    };
  }, [live, atMs, minutes, source, position]);

  useReplayHold(loading);
  return { source, skipped, loading, problem };
}
