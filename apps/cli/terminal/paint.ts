/** Colour for states, only where a person looks and has not asked for none (https://no-color.org). */
export interface Paint {
  bad(text: string): string;
  warn(text: string): string;
  good(text: string): string;
  quiet(text: string): string;
  strong(text: string): string;
}

export function createPaint(enabled: boolean): Paint {
  const style = (open: number, close: number) => (text: string) =>
    enabled ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bad: style(31, 39),
    warn: style(33, 39),
    good: style(32, 39),
    quiet: style(2, 22),
    strong: style(1, 22),
  };
}
