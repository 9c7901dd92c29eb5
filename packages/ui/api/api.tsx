/** Calls the declared routes from a page, with the header that shows the call is the page's own. */
import type { Problem } from '@maille/base/problem';
import { type Call, createCall } from '@maille/wire/rest/client';
import { createContext, type ReactNode, useContext, useMemo, useRef } from 'react';

const unset: Call = () => Promise.reject(new Error('a page calls the API outside of ApiProvider'));
const ApiContext = createContext<Call>(unset);

export interface ApiProviderProps {
  /** `Me.csrf` of the session; undefined before sign-in. */
  csrf: string | undefined;
  /** The session ended: show the sign-in page. */
  onUnauthenticated?: (problem: Problem) => void;
  /** For tests and the gallery. */
  fetcher?: typeof fetch;
  children: ReactNode;
}

export function ApiProvider({ csrf, onUnauthenticated, fetcher, children }: ApiProviderProps) {
  // The call stays the same function for the life of the page: effects and queries may depend on it.
  const current = useRef({ csrf, onUnauthenticated });
  current.current = { csrf, onUnauthenticated };
  const call = useMemo<Call>(() => {
    const plain = createCall(
      '',
      (): Record<string, string> =>
        current.current.csrf === undefined ? {} : { 'x-maille-csrf': current.current.csrf },
      fetcher ?? ((input, init) => fetch(input, { ...init, credentials: 'same-origin' })),
    );
    return async (route, ...input) => {
      try {
        return await plain(route, ...input);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'unauthenticated')
          current.current.onUnauthenticated?.(error as Problem);
        throw error;
      }
    };
  }, [fetcher]);
  return <ApiContext value={call}>{children}</ApiContext>;
}

export function useCall(): Call {
  return useContext(ApiContext);
}
