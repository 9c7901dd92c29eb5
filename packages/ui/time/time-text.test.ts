import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueFaults } from '../language/catalogue.ts';
import { timeText } from './time-text.ts';

test('the words of the time bar are whole in every language', () => {
  assert.deepEqual(catalogueFaults(timeText), []);
});
