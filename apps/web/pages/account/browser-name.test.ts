import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserName } from './browser-name.ts';

test('browsers by the names that people know', () => {
  const tail = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  assert.equal(
    browserName(`Mozilla/5.0 (X11; Linux x86_64) ${tail} HeadlessChrome/156.0.0.0 Safari/537.36`),
    'Chrome 156 · Linux',
  );
  assert.equal(
    browserName(`Mozilla/5.0 (Windows NT 10.0) ${tail} Chrome/156.0 Safari/537.36 Edg/156.0`),
    'Edge 156 · Windows',
  );
  assert.equal(
    browserName('Mozilla/5.0 (Macintosh; Intel Mac OS X 14.0; rv:140.0) Gecko/20100101 Firefox/140.0'),
    'Firefox 140 · macOS',
  );
  assert.equal(browserName('curl/8.5.0'), 'curl/8.5.0');
  assert.equal(browserName(''), '—');
});
