/** The load experiments, live, and the one that is looked at: second by second while it runs. */
import { useCall } from '@maille/ui/api/api.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import type { ExperimentSecond } from '@maille/wire/experiment';
import { type Experiment, getExperiment } from '@maille/wire/rest/experiments';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

export interface ExperimentDetail {
  experiment: Experiment;
  seconds: readonly ExperimentSecond[];
}

/** Newest first. */
export function useExperimentList(): { experiments: readonly Experiment[]; error: Error | undefined } {
  const { data, problem } = useLive('experiments');
  const experiments = useMemo(
    () => [...(data?.experiments.values() ?? [])].sort((a, b) => b.id - a.id),
    [data?.experiments],
  );
  return { experiments, error: problem };
}

const noSeconds: readonly ExperimentSecond[] = [];

export function useExperiment(id: number | undefined): {
  data: ExperimentDetail | undefined;
  error: Error | undefined;
} {
  const call = useCall();
  const { data } = useLive('experiments');
  const live = id === undefined ? undefined : data?.experiments.get(id);
  const seconds = (id === undefined ? undefined : data?.seconds.get(id)) ?? noSeconds;
  const runs = live !== undefined && live.end === undefined;
  // What is over stays as it is, and was not told second by second, or not wholly.
  const over = useQuery({
    queryKey: ['experiment', id, live === undefined ? 'unknown' : 'over'],
    queryFn: ({ signal }) => call(getExperiment, { params: { id: id as number }, query: {}, signal }),
    enabled: id !== undefined && data !== undefined && !runs,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (over.data && !runs) return { data: over.data, error: undefined };
  return { data: live && { experiment: live, seconds }, error: over.error ?? undefined };
}
