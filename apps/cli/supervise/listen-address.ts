/** `HOST:PORT` as people write it, and whether it is free. */
import { createServer } from 'node:net';
import { Problem } from '@maille/base/problem';
import { findPortHolder } from '@maille/host/ports/port-holder';
import { UsageError } from '../arguments/command.ts';

export interface ListenAddress {
  host: string;
  port: number;
}

export function parseListenAddress(text: string, option: string): ListenAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? /^()()(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65_535) {
    throw new UsageError(`${option} takes HOST:PORT, for example 127.0.0.1:4480 or [::]:4443; not ${text}.`);
  }
  return { host: match[1] || match[2] || (option === '--https' ? '::' : '127.0.0.1'), port };
}

export function formatListenAddress({ host, port }: ListenAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Throws a sentence that names who holds the port, and what to do. */
export async function requireFreePort(address: ListenAddress, option: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const trial = createServer();
    trial.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    trial.listen({ host: address.host, port: address.port, exclusive: true }, () =>
      trial.close(() => resolve(undefined)),
    );
  });
  const where = formatListenAddress(address);
  // A kernel without IPv6: the server falls back to every IPv4 address by itself.
  if (code === undefined || (code === 'EAFNOSUPPORT' && address.host === '::')) return;
  const another = formatListenAddress({ ...address, port: Math.min(address.port + 1, 65_535) });
  if (code === 'EADDRINUSE') {
    const holder = findPortHolder(address.port);
    const who = holder ? `${holder.command} (process ${holder.pid})` : 'a program of another user';
    throw new Problem('conflict', `port ${address.port} is taken: ${who} listens on it`, {
      remedy: `Stop it${holder ? ` (kill ${holder.pid})` : ''}, or choose another port: ${option} ${another}`,
    });
  }
  if (code === 'EACCES') {
    throw new Problem('forbidden', `${where} cannot be listened on: ports below 1024 are for root`, {
      remedy: `Choose another port: ${option} ${formatListenAddress({ ...address, port: address.port + 4_000 })}`,
    });
  }
  throw new Problem('invalid', `${where} cannot be listened on (${code}): is the address this machine's?`);
}
