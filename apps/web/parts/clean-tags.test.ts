import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checker, Tag } from '@maille/wire/schema';
import fc from 'fast-check';
import { cleanTags } from './clean-tags.ts';

test('tags are lowered, joined and kept once', () => {
  assert.deepEqual(cleanTags(['Rack 3', 'rack-3', ' _eu:west ', '日本']), ['rack-3', 'eu:west']);
});

test('whatever is typed, the server takes what comes out', () => {
  const { fits } = checker(Tag);
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (typed) =>
      cleanTags(typed).every((tag) => fits(tag)),
    ),
  );
});
