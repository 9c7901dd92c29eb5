/** The person's language for every part below: texts by `useText(catalogue)`, figures by `useFormat()`. */
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { type Catalogue, type Language, type Messages, translate, type ValuesArgument } from './catalogue.ts';
import { createFormat, type Format } from './format.ts';

const LanguageContext = createContext<{ language: Language; format: Format }>({
  language: 'en',
  format: createFormat('en'),
});

export interface LanguageProviderProps {
  language: Language;
  /** IANA name; the browser's own unless told. */
  timeZone?: string;
  children: ReactNode;
}

export function LanguageProvider({ language, timeZone, children }: LanguageProviderProps) {
  const value = useMemo(() => ({ language, format: createFormat(language, timeZone) }), [language, timeZone]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useLanguage(): Language {
  return useContext(LanguageContext).language;
}

export function useFormat(): Format {
  return useContext(LanguageContext).format;
}

export type Text<E extends Messages> = <K extends keyof E & string>(
  key: K,
  ...values: ValuesArgument<E[K]>
) => string;

export function useText<E extends Messages>(catalogue: Catalogue<E>): Text<E> {
  const language = useLanguage();
  return useMemo<Text<E>>(
    () =>
      (key, ...values) =>
        translate(catalogue, language, key, ...values),
    [catalogue, language],
  );
}

/** The first language that the browser prefers and Maille speaks. */
export function preferredLanguage(preferences: readonly string[] = navigator.languages): Language {
  const known: readonly string[] = ['en', 'fr', 'ja'] satisfies Language[];
  for (const preference of preferences) {
    const base = preference.toLowerCase().split('-')[0] as string;
    if (known.includes(base)) return base as Language;
  }
  return 'en';
}
