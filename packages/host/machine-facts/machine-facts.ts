/** What this machine is: said to the server at each connection. Whatever cannot be read is left empty. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { arch, availableParallelism, hostname, networkInterfaces, release, totalmem } from 'node:os';
import { canonicalIpAddress } from '@maille/base/ip-address';
import { agentAbilities, type Finding, type MachineFacts } from '@maille/wire/link/messages';
import {
  parseBootTimeMs,
  parseIpv4Gateways,
  parseIpv6Gateways,
  parseOsName,
  parseResolvers,
} from './parse-network.ts';

const MAX_ADDRESSES = 256;
const MAX_GATEWAYS = 16;
const MAX_FINDINGS = 64;
const EXEC_TIMEOUT_MS = 3_000;

export interface MachineFactsOptions {
  version: string;
  /** What the machine lacks: asked at each time. */
  findings(): Promise<Finding[]>;
}

export async function gatherMachineFacts(options: MachineFactsOptions): Promise<MachineFacts> {
  return {
    hostname: line(hostname(), 253),
    os: line(parseOsName(read('/etc/os-release') || read('/usr/lib/os-release')), 200),
    kernel: line(release(), 200),
    architecture: line(arch(), 32),
    virtualization: line(await detectVirtualization(), 32),
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    bootedAtMs: parseBootTimeMs(read('/proc/stat')),
    addresses: localAddresses().slice(0, MAX_ADDRESSES),
    gateways: [
      ...parseIpv4Gateways(read('/proc/net/route')),
      ...parseIpv6Gateways(read('/proc/net/ipv6_route')),
    ].slice(0, MAX_GATEWAYS),
    resolvers: parseResolvers(read('/etc/resolv.conf')).slice(0, MAX_GATEWAYS),
    version: line(options.version, 64),
    abilities: [...agentAbilities],
    findings: (await options.findings()).slice(0, MAX_FINDINGS),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** As the wire wants text: one line, bounded. */
function line(text: string, maxLength: number): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, maxLength);
}

function localAddresses(): string[] {
  const found: string[] = [];
  for (const [device, addresses] of Object.entries(networkInterfaces())) {
    for (const { address, internal, scopeid } of addresses ?? []) {
      if (internal) continue;
      const text = canonicalIpAddress(scopeid ? `${address}%${device}` : address);
      if (text) found.push(text);
    }
  }
  return found;
}

/** `none` on bare metal, empty where systemd is not there to say. */
function detectVirtualization(): Promise<string> {
  return new Promise((resolve) => {
    execFile('systemd-detect-virt', [], { timeout: EXEC_TIMEOUT_MS }, (_error, stdout) => {
      // Exit status 1 only says that it is "none".
      resolve(stdout.trim());
    });
  });
}
