/** The minutes of each address of a prefix, as rows of the strip. */
import { useCall } from '@maille/ui/api/api.tsx';
import type { StripData } from '@maille/ui/minute-strip/strip-layout';
import { bytesOfBase64 } from '@maille/ui/samples/past-pieces';
import type { Baselines } from '@maille/wire/rest/incidents';
import { decodeMinuteRows, MAX_MINUTE_ROWS } from '@maille/wire/rest/minute-rows';
import { getGridMinutes, type Target } from '@maille/wire/rest/targets';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { type AgentMinutes, stripOfMinutes, usualOf } from './strip-of-minutes.ts';

const MINUTE_MS = 60_000;

export function usePrefixMinutes(prefix: string | undefined, fromMs: number, toMs: number) {
  const call = useCall();
  const { data } = useQuery({
    queryKey: ['minutes', prefix, fromMs, toMs],
    queryFn: async ({ signal }) => {
      const query = { fromMs, toMs, ...(prefix !== undefined && { prefix }) };
      const { agents } = await call(getGridMinutes, { query, signal });
      return agents.map(
        ({ agentNumber, rows }): AgentMinutes => ({
          agentNumber,
          rows: decodeMinuteRows(bytesOfBase64(rows, 16 * MAX_MINUTE_ROWS)),
        }),
      );
    },
    placeholderData: keepPreviousData,
    gcTime: MINUTE_MS,
    enabled: prefix !== undefined,
  });
  return data;
}

export function usePrefixStrip(options: {
  prefix: string | undefined;
  targets: ReadonlyMap<number, Target>;
  agent: number | undefined;
  fromMs: number;
  toMs: number;
  baselines: Baselines | undefined;
  byUsual: boolean;
}): StripData | undefined {
  const { prefix, targets, agent, fromMs, toMs, baselines, byUsual } = options;
  const minutes = usePrefixMinutes(prefix, fromMs, toMs);
  return useMemo(() => {
    if (!minutes) return undefined;
    const asked = minutes.filter(({ agentNumber }) => agent === undefined || agentNumber === agent);
    return stripOfMinutes(asked, targets.values(), fromMs, toMs, byUsual ? usualOf(baselines) : undefined);
  }, [minutes, targets, agent, fromMs, toMs, baselines, byUsual]);
}
