/** Names of languages (each in itself: who looks for theirs reads no other) and of themes. */
import type { Language } from '@maille/ui/language/catalogue';
import type { Theme } from '../app/session.tsx';

export const languageNames: Record<Language, string> = { en: 'English', fr: 'Français', ja: '日本語' };
export const themeNames = {
  system: 'themeSystem',
  light: 'themeLight',
  dark: 'themeDark',
} as const satisfies Record<Theme, string>;
