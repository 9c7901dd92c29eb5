import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvText } from './csv.ts';

test('cells with commas, quotes and line ends are quoted', () => {
  assert.equal(csvText(['a', 'b'], [['x,y', 'say "hi"\n']]), 'a,b\r\n"x,y","say ""hi""\n"\r\n');
});

test('a formula in a label stays text, a negative number stays a number', () => {
  assert.equal(
    csvText(['a'], [['=HYPERLINK("http://x")'], ['-1.5'], ['@sum']]),
    `a\r\n"'=HYPERLINK(""http://x"")"\r\n-1.5\r\n'@sum\r\n`,
  );
});
