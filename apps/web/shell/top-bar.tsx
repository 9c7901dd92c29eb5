/** The bar at the top: search, the one time, language, theme, me. */
import { Icon } from '@maille/ui/icon/icon.tsx';
import { useText } from '@maille/ui/language/language.tsx';
import { useScheme } from '@maille/ui/theme/maille-theme.tsx';
import { TimeBar } from '@maille/ui/time/time-bar.tsx';
import { languages } from '@maille/wire/rest/people';
import { ActionIcon, Kbd, Menu, Tooltip } from '@mantine/core';
import { useRouter } from '@tanstack/react-router';
import { useAction } from '../app/action.tsx';
import { appText } from '../app/app-text.ts';
import { type Theme, useMe, useSession } from '../app/session.tsx';
import { languageNames, themeNames } from './choices.ts';
import classes from './shell.module.css';

function LanguageMenu() {
  const text = useText(appText);
  const { language, setLanguage } = useSession();
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <Tooltip label={text('language')}>
          <ActionIcon variant="subtle" color="gray" aria-label={text('language')}>
            <Icon name="language" />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {languages.map((one) => (
          <Menu.Item
            key={one}
            lang={one}
            onClick={() => setLanguage(one)}
            rightSection={one === language ? <Icon name="check" /> : null}
            {...(one === language && { 'aria-current': true })}
          >
            {languageNames[one]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function ThemeMenu() {
  const text = useText(appText);
  const scheme = useScheme();
  const { theme, setTheme } = useSession();
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <Tooltip label={text('theme')}>
          <ActionIcon variant="subtle" color="gray" aria-label={text('theme')}>
            <Icon name={scheme === 'dark' ? 'moon' : 'sun'} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(themeNames) as Theme[]).map((one) => (
          <Menu.Item
            key={one}
            onClick={() => setTheme(one)}
            rightSection={one === theme ? <Icon name="check" /> : null}
            {...(one === theme && { 'aria-current': true })}
          >
            {text(themeNames[one])}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function MeMenu({ onShortcuts }: { onShortcuts: () => void }) {
  const text = useText(appText);
  const { person } = useMe();
  const { signOut } = useSession();
  const router = useRouter();
  const act = useAction();
  return (
    <Menu position="bottom-end" withArrow>
      <Menu.Target>
        <Tooltip label={person.name || person.login}>
          <ActionIcon variant="subtle" color="gray" aria-label={text('me')}>
            <Icon name="person" />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{person.name || person.login}</Menu.Label>
        <Menu.Item
          leftSection={<Icon name="person" />}
          onClick={() => void router.navigate({ to: '/settings/account' })}
        >
          {text('me')}
        </Menu.Item>
        <Menu.Item
          leftSection={<Icon name="info" />}
          rightSection={<Kbd size="xs">?</Kbd>}
          onClick={onShortcuts}
        >
          {text('shortcuts')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          leftSection={<Icon name="signOut" />}
          onClick={() => void act({ doing: text('signOut'), run: signOut, done: () => text('signedOut') })}
        >
          {text('signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

interface TopBarProps {
  showTime: boolean;
  onSearch: () => void;
  onShortcuts: () => void;
}

export function TopBar({ showTime, onSearch, onShortcuts }: TopBarProps) {
  const text = useText(appText);
  return (
    <header className={classes.top}>
      <button type="button" className={classes.search} onClick={onSearch}>
        <Icon name="search" />
        <span className={classes.searchText}>{text('search')}</span>
        <Kbd size="xs" className={classes.searchKeys} aria-hidden>
          Ctrl K
        </Kbd>
      </button>
      {showTime && (
        <div className={classes.time}>
          <TimeBar />
        </div>
      )}
      <div className={classes.right}>
        <LanguageMenu />
        <ThemeMenu />
        <MeMenu onShortcuts={onShortcuts} />
      </div>
    </header>
  );
}
