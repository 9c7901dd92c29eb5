import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameProgram } from './name-program.ts';

test('a program is named by what it runs, not by what its runtime was told', () => {
  assert.equal(
    nameProgram([
      '/opt/n/bin/node',
      '--disable-warning=X',
      '--import',
      '/a/end.ts',
      '/a/apps/server/main.ts',
    ]),
    'node /a/apps/server/main.ts',
  );
  assert.equal(nameProgram(['/usr/sbin/nginx', '-g', 'daemon off;']), 'nginx -g daemon off;');
  assert.equal(nameProgram(['node', '-e']), 'node -e');
  assert.equal(nameProgram([]), '');
  assert.equal(nameProgram(['/bin/x', 'y'.repeat(500)]).length, 120);
});
