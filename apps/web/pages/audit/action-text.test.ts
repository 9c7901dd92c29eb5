import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routes } from '@maille/wire/rest/routes';
import { actionText } from './action-text.ts';

test('every audited route has its words, and so has what ends by itself', () => {
  const audited = routes.filter(({ method, audited: kept }) => method !== 'GET' && kept !== false);
  assert.deepEqual(
    [...audited.map(({ id }) => id), 'experiment.ended'].filter((id) => !(id in actionText.en)),
    [],
  );
});
