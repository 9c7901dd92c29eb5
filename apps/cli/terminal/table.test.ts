import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPaint } from './paint.ts';
import { timeAgo } from './relative-time.ts';
import { safeText } from './safe-text.ts';
import { formatTable } from './table.ts';
import { cutText, textWidth } from './text-width.ts';

type Row = { name: string; id: string };
const columns = [
  { title: 'NAME', of: (row: Row) => row.name },
  { title: 'ID', keepWhole: true as const, of: (row: Row) => row.id },
];

test('what comes from the network cannot drive the terminal', () => {
  const hostile = 'a\u001b]0;owned\u0007b\u202ec\r\nd\u009b2J';
  assert.equal(safeText(hostile), 'a\\u001b]0;owned\\u0007b\\u202ec\\u000d\\u000ad\\u009b2J');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const table = formatTable(columns, [{ name, id: 'x' }], undefined);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(table));
      assert.equal(table.split('\n').length, 2);
    }),
  );
});

test('a table fits the terminal and never cuts an id', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.string({ maxLength: 200 }), id: fc.stringMatching(/^[0-9a-f]{12}$/) }), {
        minLength: 1,
      }),
      fc.integer({ min: 24, max: 120 }),
      (rows, width) => {
        const lines = formatTable(columns, rows, width).split('\n');
        for (const line of lines)
          assert.ok(textWidth(line) <= width, `${textWidth(line)} > ${width}: ${line}`);
        rows.forEach((row, i) => {
          assert.ok(lines[i + 1]?.endsWith(row.id));
        });
      },
    ),
  );
});

test('a pipe gets every column whole', () => {
  const name = 'x'.repeat(500);
  assert.ok(formatTable(columns, [{ name, id: '1' }], undefined).includes(name));
});

test('Japanese takes two columns a character', () => {
  assert.equal(textWidth('監視'), 4);
  assert.equal(cutText('監視サーバー', 7), '監視サ…');
  assert.equal(cutText('abc', 3), 'abc');
});

test('no colour is no bytes', () => {
  assert.equal(createPaint(false).bad('x'), 'x');
  assert.equal(createPaint(true).bad('x'), '\u001b[31mx\u001b[39m');
});

test('times are rough', () => {
  assert.equal(timeAgo(0, 90_000), '1 min ago');
  assert.equal(timeAgo(5, 0), 'now');
  assert.equal(timeAgo(0, 3 * 86_400_000), '3 d ago');
});
