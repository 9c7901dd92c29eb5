/** The views of Watch beside each other; each keeps the time. */
import { useText } from '@maille/ui/language/language.tsx';
import type { Role } from '@maille/wire/rest/route';
import { Link } from '@tanstack/react-router';
import { useMay } from '../app/session.tsx';
import classes from './watch-tabs.module.css';
import { watchTabsText } from './watch-tabs-text.ts';

const tabs = [
  { to: '/watch', name: 'grid', role: 'viewer' },
  { to: '/watch/routes', name: 'routes', role: 'viewer' },
  { to: '/watch/mesh', name: 'mesh', role: 'viewer' },
  { to: '/watch/load', name: 'load', role: 'operator' },
] as const satisfies readonly { to: string; name: string; role: Role }[];

export function WatchTabs() {
  const text = useText(watchTabsText);
  const mayOperate = useMay('operator');
  return (
    <nav className={classes.tabs} aria-label={text('views')}>
      {tabs
        .filter(({ role }) => role === 'viewer' || mayOperate)
        .map(({ to, name }) => (
          <Link
            key={to}
            to={to as string}
            className={classes.tab}
            activeOptions={{ exact: to === '/watch', includeSearch: false }}
          >
            {text(name)}
          </Link>
        ))}
    </nav>
  );
}
