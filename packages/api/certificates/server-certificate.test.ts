import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { createFakeClock } from '@maille/testkit/fake-clock';
import { openServerCertificate } from './server-certificate.ts';

const DAY_MS = 86_400_000;

function place(context: { after(fn: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'maille-tls-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'tls');
}

test('a certificate that a client with the authority trusts, by name and by address', async (context) => {
  const folder = place(context);
  // Real time: the client looks at its own clock.
  const clock = createFakeClock(Date.now());
  const names = ['vm.example', 'fe80::1%eth0', '192.0.2.7', 'not a name'];
  const made = await openServerCertificate({ folder, names, clock });
  const server = createServer({ key: made.keyPem, cert: made.chainPem, minVersion: 'TLSv1.3' });
  context.after(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const ask = async (servername: string) => {
    const socket = connect({ host: '127.0.0.1', port, servername, ca: made.caPem });
    try {
      await once(socket, 'secureConnect');
      return socket.authorized;
    } finally {
      socket.destroy();
    }
  };
  assert.equal(await ask('localhost'), true);
  assert.equal(await ask('vm.example'), true);
  await assert.rejects(ask('other.example'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });

  const certificate = new X509Certificate(made.chainPem);
  assert.equal(certificate.fingerprint256, made.fingerprint);
  for (const address of ['127.0.0.1', '::1', '192.0.2.7', 'fe80::1'])
    assert.ok(certificate.checkIP(address), address);
  assert.equal(certificate.checkHost('not a name'), undefined);
  assert.ok(certificate.verify(new X509Certificate(made.caPem).publicKey));
  assert.equal(certificate.ca, false);
});

test('files are for their owner alone', async (context) => {
  const folder = place(context);
  await openServerCertificate({ folder, names: [], clock: createFakeClock() });
  assert.deepEqual(readdirSync(folder).sort(), ['ca.key', 'ca.pem', 'server.key', 'server.pem']);
  for (const name of readdirSync(folder))
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
});

test('kept while it fits; made anew before its end, for a new name, and after damage; the authority stays', async (context) => {
  const folder = place(context);
  const clock = createFakeClock();
  const open = (...names: string[]) => openServerCertificate({ folder, names, clock });
  const first = await open('a.example', 'b.example');
  assert.equal((await open('a.example', 'b.example')).fingerprint, first.fingerprint);
  assert.equal((await open('a.example')).fingerprint, first.fingerprint, 'a name less is no reason');

  const named = await open('c.example');
  assert.notEqual(named.fingerprint, first.fingerprint);
  assert.equal(named.caPem, first.caPem);

  await clock.advance(360 * DAY_MS);
  assert.equal((await open('c.example')).fingerprint, named.fingerprint);
  await clock.advance(10 * DAY_MS);
  const renewed = await open('c.example');
  assert.notEqual(renewed.fingerprint, named.fingerprint);
  assert.equal(renewed.caPem, first.caPem);
  assert.ok(renewed.expiresAtMs - clock.wallMs() > 365 * DAY_MS);

  writeFileSync(join(folder, 'server.pem'), 'garbage');
  const mended = await open('c.example');
  assert.notEqual(mended.fingerprint, renewed.fingerprint);
  assert.equal(mended.caPem, first.caPem);
});

test('an authority near its end is made anew, and what it signed with it', async (context) => {
  const folder = place(context);
  const clock = createFakeClock();
  const first = await openServerCertificate({ folder, names: [], clock });
  await clock.advance(3_300 * DAY_MS);
  const later = await openServerCertificate({ folder, names: [], clock });
  assert.notEqual(later.caPem, first.caPem);
  const authority = new X509Certificate(later.caPem);
  assert.ok(new X509Certificate(later.chainPem).verify(authority.publicKey));
  assert.ok(Date.parse(authority.validTo) > later.expiresAtMs);
});
