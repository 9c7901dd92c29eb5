/**
 * The server's TLS certificate and the authority that signs it. A self-hosted server has no public name
 * to begin with, so it is its own authority: made at first start, and what a person imports once.
 * The server's certificate is short (397 days, the most that browsers take) and made anew by itself
 * before it ends or when the host gained a name or an address.
 */
import 'reflect-metadata'; // @peculiar/x509 needs it before it loads
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '@maille/base/clock';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
const SERVER_DAYS = 397;
const RENEW_BEFORE_DAYS = 30;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface ServerCertificate {
  keyPem: string;
  /** The server's certificate and then the authority's. */
  chainPem: string;
  caPem: string;
  /** SHA-256 of the server's certificate, as browsers show it: pairs of hexadecimal digits and colons. */
  fingerprint: string;
  expiresAtMs: number;
}

export interface CertificateOptions {
  /** `tls/` of the data folder. */
  folder: string;
  /** Host names and addresses that people and agents reach this server by. */
  names: readonly string[];
  clock: Clock;
}

interface Signed {
  certificate: X509Certificate;
  privateKey: CryptoKey;
  keyPem: string;
}

/** Reads what is in the folder, and makes what is missing, ends soon or lacks a name. */
export async function openServerCertificate(options: CertificateOptions): Promise<ServerCertificate> {
  const { folder, clock } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const nowMs = clock.wallMs();

  let authority = await readSigned(folder, 'ca');
  const authorityLeftMs = authority ? authority.certificate.notAfter.getTime() - nowMs : 0;
  // The authority must outlive what it signs.
  const newAuthority = !authority || authorityLeftMs < (SERVER_DAYS + RENEW_BEFORE_DAYS) * DAY_MS;
  if (newAuthority || !authority) {
    authority = await createAuthority(nowMs);
    await writeSigned(folder, 'ca', authority);
  }

  const names = certificateNames(options.names);
  let server = newAuthority ? undefined : await readSigned(folder, 'server');
  const fits =
    server !== undefined &&
    server.certificate.notAfter.getTime() - nowMs > RENEW_BEFORE_DAYS * DAY_MS &&
    names.every((name) => namesOf(server?.certificate).has(name)) &&
    (await server.certificate.verify({ publicKey: authority.certificate, signatureOnly: true }));
  if (!fits || !server) {
    server = await createServer(authority, names, nowMs);
    await writeSigned(folder, 'server', server);
  }

  const caPem = pem(authority.certificate);
  return {
    keyPem: server.keyPem,
    chainPem: pem(server.certificate) + caPem,
    caPem,
    fingerprint: fingerprintOf(server.certificate),
    expiresAtMs: server.certificate.notAfter.getTime(),
  };
}

/** Lower case, no zone, no repetition; always with the names of loopback; bounded. */
function certificateNames(names: readonly string[]): string[] {
  const all = new Set(['localhost', '127.0.0.1', '::1']);
  for (const name of names) {
    const bare = (name.split('%')[0] as string).toLowerCase();
    if (
      isIP(bare) ||
      /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/.test(bare)
    )
      all.add(bare);
  }
  return [...all].slice(0, 200);
}

function namesOf(certificate: X509Certificate | undefined): Set<string> {
  const extension = certificate?.getExtension(SubjectAlternativeNameExtension);
  return new Set(extension?.names.items.map((item) => item.value.toLowerCase()) ?? []);
}

async function createAuthority(nowMs: number): Promise<Signed> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  // A name of its own: two installations in one trust store must be told apart.
  const name = `CN=Maille authority ${randomBytes(4).toString('hex')}`;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, privateKey: keys.privateKey, keyPem: await keyPem(keys.privateKey) };
}

async function createServer(authority: Signed, names: string[], nowMs: number): Promise<Signed> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: 'CN=Maille server',
    issuer: authority.certificate.subject,
    // A day back, for hosts whose clock is a little wrong.
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + (SERVER_DAYS - 1) * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) ? ('ip' as const) : ('dns' as const), value: name })),
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  return { certificate, privateKey: keys.privateKey, keyPem: await keyPem(keys.privateKey) };
}

/** 16 random bytes whose first bit is 0, since a serial number is positive (RFC 5280, 4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

async function keyPem(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

function pem(certificate: X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`;
}

function fingerprintOf(certificate: X509Certificate): string {
  const hex = createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex').toUpperCase();
  return (hex.match(/../g) as string[]).join(':');
}

/** Undefined when either file is missing or unreadable as what it should be: then it is made anew. */
async function readSigned(folder: string, name: string): Promise<Signed | undefined> {
  try {
    const keyText = await readFile(join(folder, `${name}.key`), 'utf8');
    const certificate = new X509Certificate(await readFile(join(folder, `${name}.pem`), 'utf8'));
    const der = Buffer.from(keyText.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    const privateKey = await crypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
    return { certificate, privateKey, keyPem: keyText };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') throw error;
    return undefined;
  }
}

async function writeSigned(folder: string, name: string, signed: Signed): Promise<void> {
  await replaceFile(join(folder, `${name}.key`), signed.keyPem);
  await replaceFile(join(folder, `${name}.pem`), pem(signed.certificate));
}

async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await rm(temporary, { force: true });
  await writeFile(temporary, text, { mode: 0o600, flag: 'wx', flush: true });
  await rename(temporary, file);
}
