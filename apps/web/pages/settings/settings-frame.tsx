/** The pages of Settings beside each other: at the left where there is room, in a row on a phone. */
import { Icon, type IconName } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { Link, Outlet } from '@tanstack/react-router';
import type { Role } from '@maille/wire/rest/route';
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
  return (
    <div className={classes.frame}>
      <nav className={classes.sections} aria-label={text('sections')}>
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
