/**
 * The face of an installation in one place: name, mark, colours, radius, spacing, type. A hosting company
 * replaces any of them for all that its customers see. Drawings on a canvas need colours as values, the
 * rest as CSS variables (`--maille-…`, see mantine-theme.ts): both come from here.
 *
 * Severity is told by lightness as much as by hue (away from the page's ground means worse), so that it
 * reads for every kind of colour sight; loss has its own hue, and a notch beside it in every drawing.
 */
export type Scheme = 'light' | 'dark';

export interface Palette {
  /** Page, card, and what lies on a card. */
  ground: string;
  surface: string;
  raised: string;
  border: string;
  text: string;
  dimmed: string;
  accent: string;
  /** Marks and text of a severity: all of them AA on ground, surface and raised. */
  calm: string;
  notable: string;
  severe: string;
  loss: string;
  /** A cell that exists and has no data yet: hollow, in this colour. */
  empty: string;
  /** Colours of RTT from shortest to longest, evenly spaced on its log scale: long is no alarm, so no red. */
  rttRamp: readonly string[];
  /** The same for thin marks (ticks, lines), which need more contrast than areas. */
  rttTickRamp: readonly string[];
  /** Distance from what is usual, from calm over notable to severe. */
  deviationRamp: readonly string[];
  deviationTickRamp: readonly string[];
  /** Series that lie beside each other (agents): told apart by lightness too. */
  series: readonly string[];
}

export type AccentShades = readonly [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
  string,
];

export interface Tokens {
  name: string;
  /** Address of an image to show instead of the mark; undefined: the chain-mail rings. */
  logoUrl: string | undefined;
  accent: AccentShades;
  light: Palette;
  dark: Palette;
  radiusPx: { small: number; medium: number; large: number };
  spacingPx: { xs: number; sm: number; md: number; lg: number; xl: number };
  fontSizePx: { xs: number; sm: number; md: number; lg: number; xl: number };
  rowHeightPx: number;
  fontFamily: string;
  fontFamilyMonospace: string;
}

const sans =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", "Yu Gothic UI", sans-serif';
const mono = 'ui-monospace, "SF Mono", "Cascadia Mono", "Roboto Mono", "DejaVu Sans Mono", monospace';

export const defaultTokens: Tokens = {
  name: 'Maille',
  logoUrl: undefined,
  // Verdigris: what copper rings become.
  accent: [
    '#e6f5f2',
    '#cbe9e4',
    '#a2d9d0',
    '#73c6b9',
    '#4fb5a7',
    '#2f9c8e',
    '#178577',
    '#0d6d62',
    '#0a574f',
    '#08423c',
  ],
  light: {
    ground: '#faf8f4',
    surface: '#ffffff',
    raised: '#f3f0ea',
    border: '#dfd9ce',
    text: '#1c1a17',
    dimmed: '#655f55',
    accent: '#0d6d62',
    calm: '#0d6d62',
    notable: '#855400',
    severe: '#b3261e',
    loss: '#9b1275',
    empty: '#c9c2b5',
    rttRamp: ['#cfe6ea', '#a3cfdb', '#6faecb', '#4588b5', '#2f6399', '#233f73'],
    rttTickRamp: ['#4f9bb8', '#3a86ad', '#2f6f9f', '#2b588d', '#264679', '#1f3261'],
    deviationRamp: ['#a9d6cc', '#b59a3e', '#c9701a', '#b8451b', '#a8221a'],
    deviationTickRamp: ['#1f8478', '#94700f', '#b35709', '#ad3c12', '#a8221a'],
    series: ['#0d6d62', '#3a4fa0', '#855400', '#6b3fa0', '#5c5548', '#0b6a94'],
  },
  dark: {
    ground: '#0f1011',
    surface: '#16181a',
    raised: '#1e2023',
    border: '#2d3034',
    text: '#ebe7df',
    dimmed: '#a09a8f',
    accent: '#4fb5a7',
    calm: '#4fb5a7',
    notable: '#e5b045',
    severe: '#ff7a5c',
    loss: '#f47acb',
    empty: '#3d4146',
    rttRamp: ['#1d3f4a', '#22566b', '#2b7391', '#4897bd', '#7fbbe0', '#c3dcf6'],
    rttTickRamp: ['#3f8fa8', '#4a9dbf', '#62aed3', '#82bfe4', '#a5d0f0', '#cfe3f8'],
    deviationRamp: ['#24655e', '#7d7238', '#b98328', '#e07f35', '#ff7f5c'],
    deviationTickRamp: ['#42a99c', '#cdb65e', '#f0b245', '#f88f40', '#ff7f5c'],
    series: ['#4fb5a7', '#8ea2f2', '#e5b045', '#c49af0', '#b9b2a5', '#62b6e0'],
  },
  radiusPx: { small: 3, medium: 6, large: 10 },
  spacingPx: { xs: 4, sm: 8, md: 12, lg: 16, xl: 24 },
  fontSizePx: { xs: 12, sm: 13, md: 14, lg: 16, xl: 20 },
  rowHeightPx: 32,
  fontFamily: sans,
  fontFamilyMonospace: mono,
};

/** What an installation may set; the rest stays as it is. */
export type TokenChanges = Partial<Omit<Tokens, 'light' | 'dark'>> & {
  light?: Partial<Palette>;
  dark?: Partial<Palette>;
};

export function withTokenChanges(tokens: Tokens, changes: TokenChanges): Tokens {
  return {
    ...tokens,
    ...changes,
    light: { ...tokens.light, ...changes.light },
    dark: { ...tokens.dark, ...changes.dark },
  };
}
