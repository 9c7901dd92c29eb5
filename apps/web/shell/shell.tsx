/** The frame around every page: rail, top bar, what is wrong with the line, search and shortcuts. */
import { useText } from '@maille/ui/language/language.tsx';
import { TimeProvider } from '@maille/ui/time/time.tsx';
import { Outlet, useRouter, useRouterState } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { appText } from '../app/app-text.ts';
import { useMe } from '../app/session.tsx';
import { CredentialHint, LineBanner, PastHint } from './banners.tsx';
import { CommandPalette } from './command-palette.tsx';
import { BottomBar, Rail } from './rail.tsx';
import { ReplayFoot } from './replay-foot.tsx';
import classes from './shell.module.css';
import { ShortcutsHelp } from './shortcuts-help.tsx';
import { TopBar } from './top-bar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

const railKey = 'maille.rail';
const readNarrow = () => {
  try {
    return localStorage.getItem(railKey) === 'narrow';
  } catch {
    return false;
  }
};

export function Shell() {
  const text = useText(appText);
  const router = useRouter();
  const { installationName } = useMe();
  const pathname = useRouterState({ select: (state) => state.location.pathname });
  const time = useRouterState({ select: (state) => (state.location.search as { t?: string }).t });
  const [narrow, setNarrow] = useState(readNarrow);
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  const main = useRef<HTMLElement>(null);

  const onTime = useCallback(
    (value: string, replace: boolean) => {
      void router.navigate({
        to: '.',
        search: (before: object) => ({ ...before, t: value === 'live' ? undefined : value }),
        replace,
        resetScroll: false,
      } as never);
    },
    [router],
  );
  const toggleRail = useCallback(() => {
    setNarrow((before) => {
      try {
        localStorage.setItem(railKey, before ? 'wide' : 'narrow');
      } catch {
        // Then it is wide again after a reload.
      }
      return !before;
    });
  }, []);

  useShortcuts({
    onSearch: () => setSearching(true),
    onHelp: () => setHelping(true),
    onToggleRail: toggleRail,
  });

  useEffect(() => {
    const place = document.querySelector('main h1')?.textContent;
    document.title = place && pathname !== '/' ? `${place} · ${installationName}` : installationName;
  });

  // After a change of page, a screen reader starts at the content; a keyboard too.
  const lastPath = useRef(pathname);
  useEffect(() => {
    if (lastPath.current === pathname) return;
    lastPath.current = pathname;
    main.current?.focus({ preventScroll: true });
  }, [pathname]);

  const inSettings = pathname.startsWith('/settings');
  const inWatch = pathname.startsWith('/watch');
  // Incidents are those of the time shown, and one has a time of its own.
  const inIncidents = pathname.startsWith('/incidents');
  return (
    <TimeProvider value={time} onChange={onTime}>
      <a href="#content" className={classes.skip}>
        {text('skip')}
      </a>
      <div className={classes.frame} {...(narrow && { 'data-narrow': true })}>
        <Rail narrow={narrow} onToggle={toggleRail} />
        <div className={classes.column}>
          <TopBar
            showTime={!inSettings}
            onSearch={() => setSearching(true)}
            onShortcuts={() => setHelping(true)}
          />
          <LineBanner />
          {!inWatch && !inIncidents && !inSettings && <PastHint />}
          {!inSettings && <CredentialHint />}
          <main id="content" ref={main} tabIndex={-1} className={classes.main}>
            <Outlet />
          </main>
          {!inSettings && <ReplayFoot always={inWatch} />}
        </div>
      </div>
      <BottomBar />
      <CommandPalette opened={searching} onClose={() => setSearching(false)} onToggleRail={toggleRail} />
      <ShortcutsHelp opened={helping} onClose={() => setHelping(false)} />
    </TimeProvider>
  );
}
