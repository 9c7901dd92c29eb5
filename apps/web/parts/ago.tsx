import { useFormat } from '@maille/ui/language/language.tsx';
import { useNow } from '@maille/ui/time/time.tsx';

/** How long ago, with the exact time on hover. */
export function Ago({ ms }: { ms: number }) {
  const format = useFormat();
  const nowMs = useNow(10_000);
  return (
    <time dateTime={new Date(ms).toISOString()} title={format.dateTime(ms)}>
      {format.ago(ms, nowMs)}
    </time>
  );
}
