/** Tokens as a Mantine theme and as CSS variables: `--maille-severe`, `--maille-row-height`, … */
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';
import type { Palette, Tokens } from './tokens.ts';

const px = (value: number) => `${value / 16}rem`;
const pxSizes = <K extends string>(sizes: Record<K, number>) =>
  Object.fromEntries(Object.entries<number>(sizes).map(([name, value]) => [name, px(value)])) as Record<
    K,
    string
  >;

/** Mantine chooses the text on a filled control by the light scheme's shade, in both schemes: here by the shown one. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const resolved = defaultVariantColorsResolver(input);
  return input.variant === 'filled' ? { ...resolved, color: 'var(--maille-on-filled)' } : resolved;
};

export function createMailleTheme(tokens: Tokens) {
  return createTheme({
    colors: { accent: [...tokens.accent] as unknown as MantineColorsTuple },
    primaryColor: 'accent',
    primaryShade: { light: 7, dark: 4 },
    autoContrast: true,
    variantColorResolver,
    white: tokens.light.surface,
    black: tokens.light.text,
    fontFamily: tokens.fontFamily,
    fontFamilyMonospace: tokens.fontFamilyMonospace,
    fontSizes: pxSizes(tokens.fontSizePx),
    spacing: pxSizes(tokens.spacingPx),
    radius: {
      xs: px(tokens.radiusPx.small),
      sm: px(tokens.radiusPx.small),
      md: px(tokens.radiusPx.medium),
      lg: px(tokens.radiusPx.large),
      xl: px(tokens.radiusPx.large * 2),
    },
    defaultRadius: 'md',
    respectReducedMotion: true,
    cursorType: 'pointer',
    headings: {
      fontFamily: tokens.fontFamily,
      fontWeight: '600',
      textWrap: 'balance',
      sizes: {
        h1: { fontSize: px(22), lineHeight: '1.3' },
        h2: { fontSize: px(17), lineHeight: '1.35' },
        h3: { fontSize: px(15), lineHeight: '1.4' },
        h4: { fontSize: px(14), lineHeight: '1.4' },
        h5: { fontSize: px(13), lineHeight: '1.4' },
        h6: { fontSize: px(13), lineHeight: '1.4' },
      },
    },
    components: {
      // A label on what has no role says nothing to anybody.
      Loader: { defaultProps: { role: 'status' } },
      Table: { defaultProps: { fz: 'sm', verticalSpacing: 0, horizontalSpacing: 'sm' } },
      Text: { defaultProps: { size: 'md' } },
      Tooltip: { defaultProps: { openDelay: 250, withArrow: true, fz: 'xs' } },
      Modal: { defaultProps: { centered: true } },
    },
  });
}

function schemeVariables(palette: Palette): Record<string, string> {
  return {
    '--maille-ground': palette.ground,
    '--maille-surface': palette.surface,
    '--maille-raised': palette.raised,
    '--maille-border': palette.border,
    '--maille-text': palette.text,
    '--maille-dimmed': palette.dimmed,
    '--maille-accent': palette.accent,
    '--maille-calm': palette.calm,
    '--maille-notable': palette.notable,
    '--maille-severe': palette.severe,
    '--maille-loss': palette.loss,
    '--maille-empty': palette.empty,
    // What says "act now" and "look": filled controls, and the text of alerts.
    '--mantine-color-red-filled': palette.severe,
    '--mantine-color-red-filled-hover': palette.severe,
    '--mantine-color-red-light-color': palette.severe,
    '--mantine-color-yellow-light-color': palette.notable,
    '--mantine-color-body': palette.ground,
    '--mantine-color-text': palette.text,
    '--mantine-color-bright': palette.text,
    '--mantine-color-dimmed': palette.dimmed,
    '--mantine-color-placeholder': palette.dimmed,
    '--mantine-color-anchor': palette.accent,
    '--mantine-color-error': palette.severe,
    '--mantine-color-success': palette.calm,
    '--mantine-color-default': palette.surface,
    '--mantine-color-default-hover': palette.raised,
    '--mantine-color-default-color': palette.text,
    '--mantine-color-default-border': palette.border,
    '--mantine-color-disabled': palette.raised,
    '--mantine-color-disabled-color': palette.dimmed,
    '--mantine-color-disabled-border': palette.border,
  };
}

export function createVariablesResolver(tokens: Tokens): CSSVariablesResolver {
  return () => ({
    variables: {
      '--maille-row-height': px(tokens.rowHeightPx),
      '--maille-radius-small': px(tokens.radiusPx.small),
      '--maille-radius': px(tokens.radiusPx.medium),
      '--maille-radius-large': px(tokens.radiusPx.large),
    },
    light: { ...schemeVariables(tokens.light), '--maille-on-filled': tokens.light.surface },
    dark: {
      '--maille-on-filled': tokens.dark.ground,
      ...schemeVariables(tokens.dark),
      // Mantine draws dropdowns, modals and papers from its own scale of darks.
      '--mantine-color-dark-4': tokens.dark.border,
      '--mantine-color-dark-5': tokens.dark.raised,
      '--mantine-color-dark-6': tokens.dark.surface,
      '--mantine-color-dark-7': tokens.dark.ground,
    },
  });
}
