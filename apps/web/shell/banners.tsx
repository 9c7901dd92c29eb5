/** What is wrong with the page itself: the line is lost, the time bar does nothing here, no way to come back. */

import { Icon } from '@maille/ui/icon/icon.tsx';
import { useFormat, useText } from '@maille/ui/language/language.tsx';
import { useLiveClient, useLiveLine } from '@maille/ui/live/live.tsx';
import { useNow, useTime } from '@maille/ui/time/time.tsx';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { appText } from '../app/app-text.ts';
import { useMe } from '../app/session.tsx';
import classes from './shell.module.css';

/** A blink of the line (a reload of the server) is not worth a banner. */
const PATIENCE_MS = 3_000;

export function LineBanner() {
  const text = useText(appText);
  const format = useFormat();
  const line = useLiveLine();
  const client = useLiveClient();
  useNow(1_000);
  const forMs = Date.now() - line.sinceMs;
  if (line.state === 'live' || line.sinceMs === 0 || forMs < PATIENCE_MS) return null;
  return (
    <div className={classes.banner} data-kind="lost" role="status">
      <Icon name="warning" />
      <span className={classes.bannerText}>
        {line.state === 'lost'
          ? text('connectionLost', { age: format.duration(forMs) })
          : text('connectionNever')}
      </span>
      <Button size="compact-sm" variant="default" onClick={() => client?.retry()}>
        {text('tryNow')}
      </Button>
    </div>
  );
}

export function PastHint() {
  const text = useText(appText);
  const { position, setPosition } = useTime();
  if (position.mode === 'live') return null;
  return (
    <div className={classes.banner} data-kind="hint" role="status">
      <Icon name="clock" />
      <span className={classes.bannerText}>{text('pastHere')}</span>
      <Link to="/watch" className="maille-link">
        {text('seeGrid')}
      </Link>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => setPosition({ mode: 'live', spanMs: position.toMs - position.fromMs })}
      >
        {text('backToLive')}
      </Button>
    </div>
  );
}

export function CredentialHint() {
  const text = useText(appText);
  const { needsCredential } = useMe();
  if (!needsCredential) return null;
  return (
    <div className={classes.banner} data-kind="hint">
      <Icon name="key" />
      <span className={classes.bannerText}>{text('nextTime')}</span>
      <Link to="/settings/account" className="maille-link">
        {text('setCredential')}
      </Link>
    </div>
  );
}
