import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkTokenIn } from './link-token.ts';

test('a token is read from the sign-in page only', () => {
  const token = 'mll_abcdefgh-1234_XY';
  assert.equal(linkTokenIn({ pathname: '/sign-in', hash: `#${token}` }), token);
  assert.equal(linkTokenIn({ pathname: '/sign-in', hash: `#token=${token}` }), token);
  assert.equal(linkTokenIn({ pathname: '/machines', hash: `#${token}` }), undefined);
  assert.equal(linkTokenIn({ pathname: '/sign-in', hash: '' }), undefined);
  assert.equal(linkTokenIn({ pathname: '/sign-in', hash: '#<script>' }), undefined);
});
