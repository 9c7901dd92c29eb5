/** The experiments, and the one that is looked at: asked for every second while it runs. */
import { useCall } from '@maille/ui/api/api.tsx';
import type { ExperimentSecond } from '@maille/wire/experiment';
import { type Experiment, getExperiment, listExperiments } from '@maille/wire/rest/experiments';
import { useQuery, useQueryClient } from '@tanstack/react-query';

const PERIOD_MS = 1_000;
const LIST_EVERY_MS = 10_000;

export interface ExperimentDetail {
  experiment: Experiment;
  seconds: ExperimentSecond[];
}

export const listKey = ['experiments'] as const;

export function useExperimentList() {
  const call = useCall();
  return useQuery({
    queryKey: listKey,
    queryFn: ({ signal }) => call(listExperiments, { query: { limit: 50 }, signal }),
    refetchInterval: LIST_EVERY_MS,
  });
}

export function useExperiment(id: number | undefined) {
  const call = useCall();
  const queries = useQueryClient();
  const queryKey = ['experiment', id];
  return useQuery({
    queryKey,
    enabled: id !== undefined,
    // Only the seconds that are new: half an hour of them would be a lot to fetch every second.
    async queryFn({ signal }): Promise<ExperimentDetail> {
      const before = queries.getQueryData<ExperimentDetail>(queryKey)?.seconds ?? [];
      const fromSecond = (before.at(-1)?.second ?? -1) + 1;
      const { experiment, seconds } = await call(getExperiment, {
        params: { id: id as number },
        query: { fromSecond },
        signal,
      });
      if (experiment.end !== undefined) void queries.invalidateQueries({ queryKey: listKey });
      return { experiment, seconds: [...before, ...seconds] };
    },
    refetchInterval: ({ state }) => (state.data?.experiment.end === undefined ? PERIOD_MS : false),
  });
}
