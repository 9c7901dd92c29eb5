import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catalogueFaults, defineCatalogue, translate } from './catalogue.ts';
import { createFormat } from './format.ts';

const text = defineCatalogue({
  en: {
    title: 'Grid',
    silent: { one: '{count} address is silent', other: '{count} addresses are silent' },
    since: '{name} since {time}',
  },
  fr: {
    title: 'Grille',
    silent: { one: '{count} adresse muette', other: '{count} adresses muettes' },
    since: '{name} depuis {time}',
  },
  ja: {
    title: 'グリッド',
    silent: { other: '{count} 件のアドレスが無応答' },
    since: '{name}({time} から)',
  },
});

test('plain, filled and plural texts', () => {
  assert.equal(translate(text, 'fr', 'title'), 'Grille');
  assert.equal(translate(text, 'en', 'since', { name: 'web-2', time: '12:00' }), 'web-2 since 12:00');
  assert.equal(translate(text, 'en', 'silent', { count: 1 }), '1 address is silent');
  assert.equal(translate(text, 'en', 'silent', { count: 12_345 }), '12,345 addresses are silent');
  assert.equal(translate(text, 'fr', 'silent', { count: 0 }), '0 adresse muette');
  assert.equal(translate(text, 'ja', 'silent', { count: 1 }), '1 件のアドレスが無応答');
});

test('a value that looks like a placeholder stays as it is', () => {
  assert.equal(translate(text, 'en', 'since', { name: '{time}', time: '$&' }), '{time} since $&');
});

test('faults that types cannot see', () => {
  assert.deepEqual(catalogueFaults(text), []);
  const wrong = defineCatalogue({
    en: { hello: 'Hello {name}' },
    fr: { hello: 'Bonjour {nom}' },
    ja: { hello: '' },
  });
  assert.deepEqual(catalogueFaults(wrong), [
    'fr.hello has an unknown {nom}',
    'fr.hello lacks {name}',
    'ja.hello is missing',
  ]);
});

test('a key that a language lacks, and a missing value, are type errors', () => {
  // @ts-expect-error fr and ja have no `hello`
  defineCatalogue({ en: { hello: 'Hello' }, fr: {}, ja: {} });
  // @ts-expect-error `time` is not given
  assert.equal(translate(text, 'en', 'since', { name: 'web-2' }), 'web-2 since {time}');
});

test('figures: unit always, three figures, no value is no zero', () => {
  const en = createFormat('en', 'UTC');
  const fr = createFormat('fr', 'Europe/Paris');
  const ja = createFormat('ja', 'Asia/Tokyo');
  assert.equal(en.rtt(31_400), '31.4 µs');
  assert.equal(en.rtt(1_000_000), '1.00 ms');
  assert.equal(en.rtt(999_600), '1.00 ms');
  assert.equal(en.rtt(12_345_678), '12.3 ms');
  assert.equal(fr.rtt(12_345_678), '12,3 ms');
  assert.equal(en.rtt(1_500_000_000), '1.50 s');
  assert.equal(en.rtt(null), '—');
  assert.equal(en.rttShort(244_300), '244µs');
  assert.equal(en.rttShort(1_240_000), '1.2ms');
  assert.equal(fr.rttShort(12_400_000), '12ms');
  assert.equal(en.percent(0), '0 %');
  assert.equal(en.percent(0.000_001), '< 0.01 %');
  assert.equal(en.percent(0.999_999), '> 99.99 %');
  assert.equal(en.percent(0.031), '3.1 %');
  assert.equal(en.bytes(1_536), '1.50 KiB');
  assert.equal(en.bytes(100), '100 B');
  const at = Date.UTC(2026, 10, 21, 12, 0, 5);
  assert.equal(en.time(at), '12:00:05');
  assert.equal(fr.time(at), '13:00:05');
  assert.equal(ja.dateTime(at), '2026年11月21日 21:00:05');
  assert.equal(en.duration(200_000), '3m 20s');
  assert.equal(fr.duration(200_000).replaceAll(/[\u00a0\u202f]/g, ' '), '3 min 20 s');
  assert.equal(en.duration(250), '250 ms');
  assert.equal(en.duration(86_400_000), '1d');
  assert.equal(en.ago(at - 240_000, at), '4 minutes ago');
  assert.equal(fr.ago(at - 240_000, at), 'il y a 4 minutes');
});
