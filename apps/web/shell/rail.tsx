/** The rail at the left, and on a phone the bar at the bottom: the same places. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useLive } from '@maille/ui/live/live.tsx';
import { Mark } from '@maille/ui/mark/mark.tsx';
import { ActionIcon, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { appText } from '../app/app-text.ts';
import { useMe } from '../app/session.tsx';
import { places } from './places.ts';
import classes from './shell.module.css';

function useWaitingCount(): number {
  const { data } = useLive('machines');
  let count = 0;
  for (const machine of data?.values() ?? [])
    if (machine.state === 'pending' || machine.state === 'reauthenticate') count++;
  return count;
}

/** Open, and nobody said that they are on it. */
function useUnattendedCount(): number {
  const { data } = useLive('incidents');
  let count = 0;
  for (const { state, acknowledgedBy } of data?.values() ?? [])
    if (state === 'open' && acknowledgedBy === null) count++;
  return count;
}

function PlaceLinks({ tips }: { tips: boolean }) {
  const text = useText(appText);
  const waiting = useWaitingCount();
  const unattended = useUnattendedCount();
  const counts: Partial<Record<(typeof places)[number]['name'], [count: number, words: string]>> = {
    machines: [waiting, text('waiting', { count: waiting })],
    incidents: [unattended, text('openIncidents', { count: unattended })],
  };
  return places.map(({ to, name, icon }) => (
    <Tooltip key={to} label={text(name)} position="right" disabled={!tips}>
      <Link to={to} className={classes.place} activeOptions={{ exact: to === '/', includeSearch: false }}>
        <Icon name={icon} size={18} />
        <span className={classes.placeName}>{text(name)}</span>
        <PlaceCount count={counts[name]?.[0] ?? 0} words={counts[name]?.[1] ?? ''} />
      </Link>
    </Tooltip>
  ));
}

function PlaceCount({ count, words }: { count: number; words: string }) {
  if (count === 0) return null;
  return (
    <span className={classes.count} title={words}>
      {count}
      <span className="maille-visually-hidden"> {words}</span>
    </span>
  );
}

export function Rail({ narrow, onToggle }: { narrow: boolean; onToggle: () => void }) {
  const text = useText(appText);
  const { installationName } = useMe();
  const toggle = text(narrow ? 'expand' : 'collapse');
  return (
    <nav className={classes.rail} aria-label={text('places')}>
      <Link to="/" className={classes.brand} title={installationName}>
        <Mark />
        <span className={classes.brandName}>{installationName}</span>
      </Link>
      <PlaceLinks tips={narrow} />
      <span className={classes.spacer} />
      <Tooltip label={toggle} position="right">
        <ActionIcon variant="subtle" color="gray" aria-label={toggle} onClick={onToggle} m={4}>
          <Icon name={narrow ? 'right' : 'left'} />
        </ActionIcon>
      </Tooltip>
    </nav>
  );
}

export function BottomBar() {
  const text = useText(appText);
  return (
    <nav className={classes.bottom} aria-label={text('places')}>
      <PlaceLinks tips={false} />
    </nav>
  );
}
