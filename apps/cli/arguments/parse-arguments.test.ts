import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from './command.ts';
import { nearestWord } from './nearest-word.ts';
import { parseArguments } from './parse-arguments.ts';
import { parseDurationMs } from './parse-duration.ts';
import { requireAction } from './require-action.ts';

const specs = {
  http: {
    type: 'string',
    takes: 'HOST:PORT',
    env: 'MAILLE_HTTP_LISTEN',
    default: '127.0.0.1:4480',
    summary: 'x',
  },
  tag: { type: 'string', multiple: true, takes: 'TAG', summary: 'x' },
  follow: { type: 'boolean', short: 'f', summary: 'x' },
} as const;
const parse = (argv: string[], environment = {}) => parseArguments(argv, specs, environment);
const usage = (fn: () => unknown): string => {
  try {
    fn();
  } catch (error) {
    assert.ok(error instanceof UsageError);
    return error.message;
  }
  return assert.fail('no UsageError');
};

test('an option beats its variable, which beats its default', () => {
  assert.equal(parse([]).values.http, '127.0.0.1:4480');
  assert.equal(parse([], { MAILLE_HTTP_LISTEN: '[::1]:1' }).values.http, '[::1]:1');
  assert.equal(parse([], { MAILLE_HTTP_LISTEN: '' }).values.http, '127.0.0.1:4480');
  assert.equal(parse(['--http', 'a:2'], { MAILLE_HTTP_LISTEN: '[::1]:1' }).values.http, 'a:2');
  assert.equal(parse(['--http=a:2', '--http=b:3']).values.http, 'b:3');
});

test('words, repeated options and short ones come out in order', () => {
  const { values, rest } = parse([
    'add',
    '--tag',
    'a',
    '192.0.2.1',
    '--tag=b',
    '-f',
    '--',
    '--not-an-option',
  ]);
  assert.deepEqual(values.tag, ['a', 'b']);
  assert.equal(values.follow, true);
  assert.deepEqual(rest, ['add', '192.0.2.1', '--not-an-option']);
});

test('wrong use is told in the words of the command', () => {
  assert.equal(
    usage(() => parse(['--htp', 'x'])),
    'there is no option --htp; did you mean --http?',
  );
  assert.equal(
    usage(() => parse(['--zzzzzz'])),
    'there is no option --zzzzzz.',
  );
  assert.equal(
    usage(() => parse(['--http'])),
    '--http needs a value: --http HOST:PORT (x).',
  );
  assert.equal(
    usage(() => parse(['--http', '--follow'])),
    '--http needs a value: --http HOST:PORT (x).',
  );
  assert.equal(
    usage(() => parse(['--follow=yes'])),
    '--follow takes no value.',
  );
});

test('the nearest word is near, or none', () => {
  assert.equal(nearestWord('machnies', ['machines', 'targets']), 'machines');
  assert.equal(nearestWord('lst', ['list', 'show']), 'list');
  assert.equal(nearestWord('doc', ['doctor', 'up']), 'doctor');
  assert.equal(nearestWord('xylophone', ['machines', 'targets']), undefined);
});

test('an action is the first by itself, and a wrong one is helped', () => {
  const actions = ['list', 'add'] as const;
  assert.deepEqual(requireAction('targets', [], actions), { action: 'list', args: [] });
  assert.deepEqual(requireAction('targets', ['add', 'x'], actions), { action: 'add', args: ['x'] });
  assert.match(
    usage(() => requireAction('targets', ['ad'], actions)),
    /did you mean targets add/,
  );
});

test('a duration has a unit', () => {
  assert.equal(parseDurationMs('1.5s', '--interval'), 1_500);
  assert.equal(parseDurationMs('90d', '--expires'), 90 * 86_400_000);
  assert.match(
    usage(() => parseDurationMs('10', '--interval')),
    /such as 1s/,
  );
});
