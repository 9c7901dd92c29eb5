/** The bar that plays the past, at the foot of Watch, and of every page while its time is not the present. */
import { ReplayBar, type ReplayMark } from '@maille/ui/time/replay-bar.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { windowOf } from '@maille/ui/time/time-position';
import { useRouterState } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useIncidentWords } from '../pages/incidents/incident-words.ts';
import { useIncidentsBetween } from '../watch/use-shown-incidents.ts';
import classes from './shell.module.css';

const MINUTE_MS = 60_000;

export function ReplayFoot({ always }: { always: boolean }) {
  const { position } = useTime();
  if (!always && position.mode === 'live') return null;
  return <Foot />;
}

function Foot() {
  const { position } = useTime();
  const nowMs = useNow(10_000);
  const words = useIncidentWords();
  // On an address's own page, its own incidents.
  const targetId = useRouterState({
    select: ({ location }) => Number(/^\/watch\/target\/(\d+)/.exec(location.pathname)?.[1] ?? 0),
  });
  const { fromMs, toMs } = windowOf(position, nowMs);
  const live = position.mode === 'live';
  const [from, to] = live
    ? [Math.floor(fromMs / MINUTE_MS) * MINUTE_MS, Math.ceil(toMs / MINUTE_MS) * MINUTE_MS]
    : [fromMs, toMs];
  const incidents = useIncidentsBetween(from, to, targetId > 0 ? { targetId } : {});
  const marks = useMemo(
    () =>
      incidents.map(
        (incident): ReplayMark => ({
          id: incident.id,
          fromMs: incident.sinceMs,
          toMs: incident.endedAtMs,
          severity: incident.severity,
          words: words.name(incident),
        }),
      ),
    [incidents, words],
  );
  return (
    <div className={classes.replay} data-replay-foot>
      <ReplayBar marks={marks} />
    </div>
  );
}
