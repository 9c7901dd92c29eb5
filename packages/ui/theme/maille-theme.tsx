/** The root of every page: Mantine with our tokens, and the tokens themselves for the drawings. */
import { MantineProvider, useComputedColorScheme } from '@mantine/core';
import '@mantine/core/styles.css';
import { useColorScheme } from '@mantine/hooks';
import './theme.css';
import { createContext, type ReactNode, useContext, useMemo } from 'react';
import { createMailleTheme, createVariablesResolver } from './mantine-theme.ts';
import { defaultTokens, type Palette, type Scheme, type Tokens } from './tokens.ts';

const TokensContext = createContext<Tokens>(defaultTokens);

export interface MailleThemeProps {
  /** Must stay the same object while nothing changes: the theme is made from it. */
  tokens?: Tokens;
  scheme: 'system' | Scheme;
  children: ReactNode;
}

export function MailleTheme({ tokens = defaultTokens, scheme, children }: MailleThemeProps) {
  const theme = useMemo(() => createMailleTheme(tokens), [tokens]);
  const resolver = useMemo(() => createVariablesResolver(tokens), [tokens]);
  const systemScheme = useColorScheme('dark', { getInitialValueInEffect: false });
  return (
    <TokensContext value={tokens}>
      {/* Forced, not remembered by Mantine: the person's choice lives on the server. */}
      <MantineProvider
        theme={theme}
        cssVariablesResolver={resolver}
        forceColorScheme={scheme === 'system' ? systemScheme : scheme}
      >
        {children}
      </MantineProvider>
    </TokensContext>
  );
}

export function useTokens(): Tokens {
  return useContext(TokensContext);
}

export function useScheme(): Scheme {
  return useComputedColorScheme('dark', { getInitialValueInEffect: false });
}

/** Colours of the scheme shown now, as values: for canvases. */
export function usePalette(): Palette {
  const tokens = useTokens();
  return tokens[useScheme()];
}
