/** Colours as numbers: for canvases, for ramps, and for the check that text can be read (WCAG 2.2, 1.4.3). */
export type Rgb = readonly [red: number, green: number, blue: number];

/** `#rgb` and `#rrggbb`, components 0 to 255. */
export function parseColor(text: string): Rgb {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text)?.[1];
  if (digits === undefined) throw new Error(`${text} is no #rgb or #rrggbb colour`);
  const full = digits.length === 3 ? digits.replace(/./g, (digit) => digit + digit) : digits;
  const value = Number.parseInt(full, 16);
  return [value >> 16, (value >> 8) & 0xff, value & 0xff];
}

export function formatColor(rgb: Rgb, alpha = 1): string {
  const [r, g, b] = rgb.map(Math.round) as [number, number, number];
  return alpha === 1 ? `rgb(${r} ${g} ${b})` : `rgb(${r} ${g} ${b} / ${alpha})`;
}

export function mixColors(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** `steps` colours evenly along the stops; a lookup table, so that drawing does no colour arithmetic. */
export function colorRamp(stops: readonly string[], steps: number): Rgb[] {
  const parsed = stops.map(parseColor);
  return Array.from({ length: steps }, (_, i) => {
    const at = (i / (steps - 1)) * (parsed.length - 1);
    const low = Math.min(parsed.length - 2, Math.floor(at));
    return mixColors(parsed[low] as Rgb, parsed[low + 1] as Rgb, at - low);
  });
}

function linear(component: number): number {
  const c = component / 255;
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
}

export function luminance(rgb: Rgb): number {
  return 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
}

export function contrastRatio(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}
