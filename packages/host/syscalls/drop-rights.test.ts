import assert from 'node:assert/strict';
import { constants } from 'node:os';
import test from 'node:test';
import { findUser } from './drop-rights.ts';
import { syscallProblem } from './syscall-problem.ts';

const passwd = `root:x:0:0:root:/root:/bin/bash
toor:x:0:0::/:/bin/sh
broken:x:::
maille:x:998:997::/nonexistent:/usr/sbin/nologin
nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin
`;

test('the first user that exists and is not root', () => {
  assert.deepEqual(findUser(['maille', 'nobody'], passwd), { name: 'maille', uid: 998, gid: 997 });
  assert.deepEqual(findUser(['absent', 'nobody'], passwd)?.uid, 65_534);
  for (const name of ['absent', 'root', 'toor', 'broken', ''])
    assert.equal(findUser([name], passwd), undefined, name);
});

test('an errno reads as a sentence, and keeps its name for programs', () => {
  const problem = syscallProblem('open a raw socket', constants.errno.EPERM, 'Start it as root.');
  assert.equal(problem.message, 'cannot open a raw socket: operation not permitted');
  assert.deepEqual([problem.code, problem.remedy], ['forbidden', 'Start it as root.']);
  assert.equal((problem.cause as NodeJS.ErrnoException).code, 'EPERM');
  assert.equal(syscallProblem('jump', 9_999).code, 'internal');
});
