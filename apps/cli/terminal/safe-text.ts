/**
 * Text from the network on its way to a terminal. A host name may hold escape sequences that retitle the
 * window or type commands, and bidirectional marks that make one name look like another: both are shown
 * as what they are, never obeyed.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export function safeText(text: string): string {
  return text.replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** The same for a text of several lines, each of which is one. */
export function safeLines(text: string): string {
  return text.split('\n').map(safeText).join('\n');
}
