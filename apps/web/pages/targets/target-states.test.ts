import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Overview } from '@maille/wire/rest/operations';
import { statesOf } from './target-states.ts';

const told: Overview['targets'] = {
  ...{ total: 9, answering: 5, silent: 1, refusing: 1, notSent: 1, noData: 1 },
  ...{ inIncidents: 0, refusingInIncidents: 0 },
  ...{ silentIds: [1], refusingIds: [2], notSentIds: [3], notSentErrnos: [101], noDataIds: [4] },
};

test('one without a verdict hides nobody else’s; where not all are named, nobody is said to answer', () => {
  const stateOf = statesOf(told);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((id) => stateOf(id)?.state),
    ['silent', 'refusing', 'notSent', 'noData', 'answering'],
  );
  assert.deepEqual(stateOf(3), { state: 'notSent', errno: 101 });
  const bounded = statesOf({ ...told, silent: 2 });
  assert.equal(bounded(1)?.state, 'silent');
  assert.equal(bounded(5), undefined);
  assert.equal(statesOf(undefined)(1), undefined);
});
