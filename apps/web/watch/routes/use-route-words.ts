/** Routes in words. */
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import type { TargetRoute } from '@maille/wire/rest/traceroutes';
import type { TracePlan } from '@maille/wire/traceroute';
import { useMemo } from 'react';
import type { StateTone } from '../../parts/state-mark.tsx';
import { routesText } from './routes-text.ts';

type End = Pick<TargetRoute, 'end' | 'code'>;

export const toneOfEnd = ({ end }: End): StateTone =>
  end === 'reached' ? 'calm' : end === 'unreachable' ? 'severe' : end === 'silent' ? 'off' : 'notable';

export function useRouteWords() {
  const text = useText(routesText);
  const format = useFormat();
  return useMemo(
    () => ({
      end({ end, code }: End): string {
        if (end === 'unreachable')
          return code === null ? text('unreachable') : text('unreachableCode', { code });
        return text(end === 'too-far' ? 'tooFar' : end);
      },
      plan({ method, port, everyMs, flows }: TracePlan): string {
        const by =
          method === 'tcp'
            ? text('planTcp', { port: port ?? 0 })
            : text(method === 'udp' ? 'planUdp' : 'planIcmp');
        return text('plan', { method: by, every: format.duration(everyMs), count: flows });
      },
    }),
    [text, format],
  );
}
