/** After a change of credentials the server's view of me is another. */
import { useCall } from '@maille/ui/api/api.tsx';
import { getSession } from '@maille/wire/rest/people';
import { useCallback } from 'react';
import { useSession } from '../../app/session.tsx';

export function useRenewMe(): () => Promise<void> {
  const call = useCall();
  const { setMe } = useSession();
  return useCallback(async () => setMe(await call(getSession)), [call, setMe]);
}
