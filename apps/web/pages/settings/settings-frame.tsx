/** The pages of Settings beside each other: at the left where there is room, in a row on a phone. */
import { Icon, type IconName } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import type { Role } from '@maille/wire/rest/route';
import { Link, Outlet, useRouterState } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useMay } from '../../app/session.tsx';
import classes from './settings.module.css';
import { settingsText } from './settings-text.ts';

const sections = [
  { to: '/settings/account', name: 'account', icon: 'person', role: 'viewer' },
  { to: '/settings/tokens', name: 'tokens', icon: 'key', role: 'viewer' },
  { to: '/settings/people', name: 'people', icon: 'people', role: 'admin' },
  { to: '/settings/server', name: 'server', icon: 'settings', role: 'operator' },
  { to: '/settings/audit', name: 'audit', icon: 'audit', role: 'admin' },
] as const satisfies readonly { to: string; name: string; icon: IconName; role: Role }[];

export function SettingsFrame() {
  const text = useText(settingsText);
  const may: Record<Role, boolean> = {
    viewer: true,
    operator: useMay('operator'),
    admin: useMay('admin'),
  };
  const list = useRef<HTMLElement>(null);
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another section is another place to scroll to
  useEffect(() => {
    list.current
      ?.querySelector('[data-status="active"]')
      ?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [pathname]);
  return (
    <div className={classes.frame}>
      <nav ref={list} className={classes.sections} aria-label={text('sections')}>
        {sections
          .filter(({ role }) => may[role])
          .map(({ to, name, icon }) => (
            <Link key={to} to={to} className={classes.section} activeOptions={{ includeSearch: false }}>
              <Icon name={icon} />
              {text(name)}
            </Link>
          ))}
      </nav>
      <div className={classes.content}>
        <Outlet />
      </div>
    </div>
  );
}
