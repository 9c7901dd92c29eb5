/** A program in a few words, from how it was started: what its runtime was told besides does not help. */
import { basename } from 'node:path';

const MAX_LENGTH = 120;
/** Options of Node whose value is a word of its own. */
const takesWord = new Set(['--import', '--require', '-r', '--loader', '--experimental-loader', '-C']);

export function nameProgram(argv: readonly string[]): string {
  const [program = '', ...rest] = argv;
  let words = rest;
  if (/^(node|nodejs)$/.test(basename(program))) {
    let at = 0;
    while (rest[at]?.startsWith('-')) at += takesWord.has(rest[at] as string) ? 2 : 1;
    if (at < rest.length) words = rest.slice(at);
  }
  return [basename(program), ...words].join(' ').trim().slice(0, MAX_LENGTH);
}
