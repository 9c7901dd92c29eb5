/** The samples that a page shows, wherever the one time stands: the live stream, or minutes of the past. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useLiveLine, useLiveSamples } from '../live/live.tsx';
import type { SampleListener, SampleTopic } from '../live/live-client.ts';
import { useReplayHold, useTime } from '../time/time.tsx';
import { MINUTE_SCALE } from './past-hours.ts';
import { createSampleSource, type SampleSource } from './sample-source.ts';
import { momentShown, showsMinutes, usePast } from './use-past.ts';

export interface Samples {
  source: SampleSource;
  /** Samples that the server left out for this page's sake. */
  skipped: number;
  /** The past is being fetched. */
  loading: boolean;
  /** Live, and nothing has come yet: what is missing may only be on its way. */
  waiting: boolean;
  problem: unknown;
}

const LONGEST_WAIT_MS = 10_000;
/** The minute before a page opened comes in pieces, one upon the other. */
const PIECES_MS = 400;

/** `topic` grid: every target; target: the one of `targetId`. */
export function useSamples(topic: SampleTopic, targetId?: number): Samples {
  const { position } = useTime();
  const live = position.mode === 'live';
  const offset = useRef(0);
  offset.current = useLiveLine().serverOffsetMs;
  const atMs = momentShown(position);
  const byMinute = showsMinutes(position);
  const moment = useRef(atMs);
  moment.current = atMs;
  const [skipped, setSkipped] = useState(0);
  const [begun, setBegun] = useState<SampleSource>();
  const [heard, setHeard] = useState<SampleSource>();

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
            byMinute ? MINUTE_SCALE * 1_000 : 1_000,
          ),
    [live, byMinute, topic, targetId],
  );

  const listener = useMemo<SampleListener | undefined>(
    () =>
      live
        ? {
            onSamples({ agentNumber, batch }) {
              source.window.advanceTo(source.nowMs());
              source.window.ingest(agentNumber, batch);
              source.changed();
              setBegun(source);
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
    // Where nobody sends anything, nothing comes: that is no data, and is to be said.
    const enough = setTimeout(() => setHeard(source), LONGEST_WAIT_MS);
    return () => {
      clearInterval(timer);
      clearTimeout(enough);
    };
  }, [live, source]);

  useEffect(() => {
    if (begun !== source) return;
    const timer = setTimeout(() => setHeard(source), PIECES_MS);
    return () => clearTimeout(timer);
  }, [begun, source]);

  const { loading, problem } = usePast(source, position, topic === 'target' ? targetId : undefined);
  useReplayHold(loading);
  return { source, skipped, loading, waiting: live && heard !== source, problem };
}
