import { useCall } from '@maille/ui/api/api.tsx';
import { listTeams } from '@maille/wire/rest/people';
import { queryOptions } from '@tanstack/react-query';

export const teamsKey = ['teams'];

export function useTeamsQuery() {
  const call = useCall();
  return queryOptions({
    queryKey: teamsKey,
    queryFn: ({ signal }) => call(listTeams, { signal }),
    staleTime: 60_000,
  });
}
