import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkImports, findCycles, importsOf } from './check-imports.ts';

const sentences = (files: Record<string, string>) =>
  checkImports(Object.keys(files), (file) => files[file] as string).map(
    ({ file, line, sentence }) => `${file}:${line}: ${sentence}`,
  );

test('every shape of import is seen, types included, with the line of its specifier', () => {
  const source = `import a from './a.ts';
import type {
  B,
} from '@maille/base/b';
export { c } from './c.ts';
import './d.css';
const e = await import('./e.ts');
`;
  assert.deepEqual(importsOf(source), [
    { specifier: './a.ts', line: 1 },
    { specifier: '@maille/base/b', line: 4 },
    { specifier: './c.ts', line: 5 },
    { specifier: './d.css', line: 6 },
    { specifier: './e.ts', line: 7 },
  ]);
});

test('an arrow against the flow gets its reason', () => {
  assert.deepEqual(sentences({ 'packages/api/x.ts': `import { y } from '@maille/host/y';\n` }), [
    'packages/api/x.ts:1: packages/api must not import packages/host: the API faces the network without privileges, so nothing that touches the host may be in it.',
  ]);
  assert.match(
    sentences({ 'packages/engine/x.ts': `import fs from 'node:fs';\n` })[0] as string,
    /must not import node:fs/,
  );
  assert.match(
    sentences({ 'packages/host/x.ts': `import { y } from '../base/y.ts';\n` })[0] as string,
    /leaves its package/,
  );
  assert.match(
    sentences({ 'packages/store/x.ts': `import { y } from '@maille/testkit/y';\n` })[0] as string,
    /it is for tests/,
  );
});

test('what is allowed stays silent: arrows with the flow, tests, programs', () => {
  assert.deepEqual(
    sentences({
      'packages/api/x.ts': `import { y } from '@maille/store/y';\nimport ws from 'ws';\n`,
      'packages/engine/x.test.ts': `import { y } from '@maille/testkit/y';\nimport fs from 'node:fs';\n`,
      'apps/agent/sensor-main.ts': `const dir = process.env.MAILLE_RUN_DIR;\n`,
    }),
    [],
  );
});

test('the environment, empty names and cycles are breaches', () => {
  const found = sentences({
    'packages/host/a.ts': `import './b.ts';\nconst x = process.env.X;\n`,
    'packages/host/b.ts': `import './a.ts';\n`,
    'packages/host/utils.ts': '',
  });
  assert.equal(found.length, 3);
  assert.match(found.join('\n'), /a.ts:2: only a main.ts reads the environment/);
  assert.match(found.join('\n'), /utils.ts:1: this name says nothing/);
  assert.match(
    found.join('\n'),
    /a cycle: packages\/host\/a.ts → packages\/host\/b.ts → packages\/host\/a.ts/,
  );
  assert.deepEqual(
    findCycles(
      new Map([
        ['a', ['b']],
        ['b', ['c']],
        ['c', ['b']],
      ]),
    ),
    [['b', 'c', 'b']],
  );
});
