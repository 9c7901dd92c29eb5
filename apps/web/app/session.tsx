/** Who is signed in, their language and their theme: known to every page. */
import { ApiProvider, useCall } from '@maille/ui/api/api.tsx';
import type { Language } from '@maille/ui/language/catalogue';
import { LanguageProvider, preferredLanguage } from '@maille/ui/language/language.tsx';
import { MailleTheme } from '@maille/ui/theme/maille-theme.tsx';
import { changeMe, getSession, languages, type Me, signOut, themes } from '@maille/wire/rest/people';
import type { Role } from '@maille/wire/rest/route';
import { roles } from '@maille/wire/rest/route';
import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { linkTokenIn } from '../pages/sign-in/link-token.ts';

export type Theme = Me['theme'];

interface Preferences {
  language: Language;
  theme: Theme;
}

export interface Session extends Preferences {
  /** Undefined while it is not known yet, null when nobody is signed in. */
  me: Me | null | undefined;
  setMe(me: Me | null): void;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
  signOut(): Promise<void>;
  /** The server cannot be reached at the first question. */
  unreachable: boolean;
  /** Asks the server again who is signed in. */
  ask(): void;
}

const SessionContext = createContext<Session | undefined>(undefined);

/** What this browser chose last: for the sign-in page, and for the first paint (public/first-paint.js). */
function readStored(): Preferences {
  const read = <T extends string>(key: string, allowed: readonly T[]): T | undefined => {
    try {
      return allowed.find((value) => value === localStorage.getItem(key));
    } catch {
      return undefined;
    }
  };
  return {
    language: read('maille.language', languages) ?? preferredLanguage(),
    theme: read('maille.theme', themes) ?? 'system',
  };
}

function store({ language, theme }: Preferences): void {
  try {
    localStorage.setItem('maille.language', language);
    localStorage.setItem('maille.theme', theme);
  } catch {
    // Storage is forbidden here: the server remembers.
  }
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const [me, setMe] = useState<Me | null | undefined>(undefined);
  const [preferences, setPreferences] = useState(readStored);
  const [unreachable, setUnreachable] = useState(false);

  return (
    <ApiProvider csrf={me?.csrf} onUnauthenticated={() => setMe(null)}>
      <SessionState
        me={me}
        setMe={setMe}
        preferences={preferences}
        setPreferences={setPreferences}
        unreachable={unreachable}
        setUnreachable={setUnreachable}
      >
        {children}
      </SessionState>
    </ApiProvider>
  );
}

interface StateProps {
  me: Me | null | undefined;
  setMe: (me: Me | null) => void;
  preferences: Preferences;
  setPreferences: (preferences: Preferences) => void;
  unreachable: boolean;
  setUnreachable: (unreachable: boolean) => void;
  children: ReactNode;
}

function SessionState(props: StateProps) {
  const { me, setMe, preferences, setPreferences, unreachable, setUnreachable, children } = props;
  const call = useCall();
  const queries = useQueryClient();
  const asked = useRef(false);
  const ask = useCallback(() => {
    call(getSession).then(
      (found) => {
        setUnreachable(false);
        setMe(found);
      },
      (error: { code?: string }) => {
        if (error.code === 'unauthenticated') return; // the provider has said so already
        setUnreachable(true);
        setTimeout(ask, 2_000);
      },
    );
  }, [call, setMe, setUnreachable]);

  useEffect(() => {
    // A sign-in link answers the question itself.
    if (asked.current || linkTokenIn(location) !== undefined) return;
    asked.current = true;
    ask();
  }, [ask]);

  const personId = me?.person.id;
  useEffect(() => {
    if (personId === undefined) queries.clear(); // another person must not see what this one asked for
  }, [personId, queries]);

  // The person's choice, once they are known, is the server's to remember.
  const language = me?.language ?? preferences.language;
  const theme = me?.theme ?? preferences.theme;
  useEffect(() => store({ language, theme }), [language, theme]);

  const session = useMemo<Session>(() => {
    const change = (next: Preferences) => {
      setPreferences(next);
      if (!me) return;
      setMe({ ...me, ...next });
      call(changeMe, { body: next }).then(setMe, () => {
        // Shown already; this browser keeps it, and the next change tries again.
      });
    };
    return {
      me,
      setMe(next) {
        if (next) setPreferences({ language: next.language, theme: next.theme });
        setMe(next);
      },
      language,
      theme,
      setLanguage: (next) => change({ language: next, theme }),
      setTheme: (next) => change({ language, theme: next }),
      async signOut() {
        await call(signOut);
        setMe(null);
      },
      unreachable,
      ask,
    };
  }, [me, language, theme, unreachable, ask, call, setMe, setPreferences]);

  return (
    <SessionContext value={session}>
      <LanguageProvider language={language}>
        <MailleTheme scheme={theme}>{children}</MailleTheme>
      </LanguageProvider>
    </SessionContext>
  );
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('a page asks for the session outside of SessionProvider');
  return session;
}

/** The signed-in person: for the pages behind the sign-in. */
export function useMe(): Me {
  const { me } = useSession();
  if (!me) throw new Error('a page behind the sign-in is shown to nobody');
  return me;
}

/** Whether the person's role is at least this one. The server checks again; a page only spares the attempt. */
export function useMay(role: Role): boolean {
  const { me } = useSession();
  return me ? roles.indexOf(me.person.role) >= roles.indexOf(role) : false;
}
