/**
 * Words of the pages in each language. A part of the web brings its own catalogue, as one object:
 * English is the reference, and a key that another language lacks is a type error. A message is text
 * with `{placeholders}`, or its plural forms by `Intl.PluralRules`, chosen by `count`.
 *
 *   const text = defineCatalogue({
 *     en: { cells: { one: '{count} cell', other: '{count} cells' } },
 *     fr: { cells: { one: '{count} case', other: '{count} cases' } },
 *     ja: { cells: { other: '{count} マス' } },
 *   });
 *   translate(text, 'fr', 'cells', { count: 3 })
 */
import type { languages } from '@maille/wire/rest/people';

export type Language = (typeof languages)[number];

export type PluralForms = { readonly other: string } & Partial<
  Readonly<Record<'zero' | 'one' | 'two' | 'few' | 'many', string>>
>;
export type Message = string | PluralForms;
export type Messages = Readonly<Record<string, Message>>;

type Placeholder<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholder<Rest>
  : never;
type PlaceholdersOf<M extends Message> = M extends string
  ? Placeholder<M>
  : 'count' | Placeholder<Extract<M[keyof M], string>>;
export type Value = string | number;
type Values<M extends Message> = { [Name in PlaceholdersOf<M>]: Name extends 'count' ? number : Value };
/** No argument for a message without placeholders. */
export type ValuesArgument<M extends Message> = [PlaceholdersOf<M>] extends [never]
  ? []
  : [values: Values<M>];

export type Catalogue<E extends Messages> = { readonly en: E } & {
  readonly [L in Exclude<Language, 'en'>]: {
    readonly [K in keyof E]: E[K] extends string ? string : PluralForms;
  };
};

export function defineCatalogue<const E extends Messages>(catalogue: Catalogue<E>): Catalogue<E> {
  return catalogue;
}

const locales: Record<Language, string> = { en: 'en-GB', fr: 'fr-FR', ja: 'ja-JP' };

/** The locale for `Intl`: 24-hour clock and day before month in English too. */
export function localeOf(language: Language): string {
  return locales[language];
}

const pluralRules = new Map<Language, Intl.PluralRules>();
const numberFormats = new Map<Language, Intl.NumberFormat>();

function cached<T>(cache: Map<Language, T>, language: Language, make: (locale: string) => T): T {
  let value = cache.get(language);
  if (value === undefined) {
    value = make(localeOf(language));
    cache.set(language, value);
  }
  return value;
}

export function translate<E extends Messages, K extends keyof E & string>(
  catalogue: Catalogue<E>,
  language: Language,
  key: K,
  ...[values]: ValuesArgument<E[K]>
): string {
  const message = (catalogue[language] as Messages)[key] as Message;
  const given = (values ?? {}) as Record<string, Value>;
  let text: string;
  if (typeof message === 'string') text = message;
  else {
    const rules = cached(pluralRules, language, (locale) => new Intl.PluralRules(locale));
    text = message[rules.select(Number(given.count))] ?? message.other;
  }
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = given[name];
    if (value === undefined) return whole;
    if (typeof value === 'string') return value;
    return cached(numberFormats, language, (locale) => new Intl.NumberFormat(locale)).format(value);
  });
}

const placeholdersIn = (message: Message): string[] => {
  const forms = typeof message === 'string' ? [message] : Object.values(message);
  const names = forms.flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string));
  return [...new Set(names)].sort();
};

/** For tests: what types cannot see, such as a placeholder that only one language knows or an empty text. */
export function catalogueFaults(catalogue: Readonly<Record<Language, Messages>>): string[] {
  const faults: string[] = [];
  for (const [key, reference] of Object.entries(catalogue.en)) {
    for (const language of Object.keys(locales) as Language[]) {
      const message = catalogue[language][key];
      if (message === undefined || message === '') {
        faults.push(`${language}.${key} is missing`);
        continue;
      }
      const known = new Set(placeholdersIn(reference));
      const odd = placeholdersIn(message).filter((name) => !known.has(name));
      const lost = [...known].filter((name) => name !== 'count' && !placeholdersIn(message).includes(name));
      if (odd.length > 0) faults.push(`${language}.${key} has an unknown {${odd.join('}, {')}}`);
      if (lost.length > 0) faults.push(`${language}.${key} lacks {${lost.join('}, {')}}`);
    }
  }
  return faults;
}
