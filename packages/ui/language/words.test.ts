import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartText } from '../charts/chart-text.ts';
import { gridText } from '../grid/grid-text.ts';
import { stripText } from '../minute-strip/strip-text.ts';
import { ringText } from '../ring/ring-text.ts';
import { sendErrorText } from '../samples/send-error-words.ts';
import { timeText } from '../time/time-text.ts';
import { catalogueFaults } from './catalogue.ts';

const catalogues = { chartText, gridText, ringText, sendErrorText, stripText, timeText };
for (const [name, catalogue] of Object.entries(catalogues)) {
  test(`${name} is whole in every language`, () => {
    assert.deepEqual(catalogueFaults(catalogue), []);
  });
}
