import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '@maille/base/problem';
import { noteUse } from './note-use.ts';

test('a full disk keeps nobody out; any other failure does', async () => {
  await noteUse(Promise.resolve());
  await noteUse(Promise.reject(new Problem('unavailable', 'the disk is full')));
  await assert.rejects(noteUse(Promise.reject(new Error('malformed'))), /malformed/);
  await assert.rejects(noteUse(Promise.reject(new Problem('internal', 'broken'))), /broken/);
});
