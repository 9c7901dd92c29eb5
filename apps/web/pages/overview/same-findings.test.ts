import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OverviewItem } from '@maille/wire/rest/operations';
import { mergeSame } from './same-findings.ts';

const finding = (subject: string, detail: string): OverviewItem => ({
  kind: 'agent-finding',
  severity: 'info',
  subject,
  detail,
});

test('the same finding on many machines is one item that names them all', () => {
  const merged = mergeSame(
    [finding('home', 'no systemd'), finding('home', 'no clock'), finding('nas', 'no systemd')],
    (names) => names.join(' + '),
  );
  assert.deepEqual(
    merged.map(({ subject, detail }) => [subject, detail]),
    [
      ['home + nas', 'no systemd'],
      ['home', 'no clock'],
    ],
  );
});
