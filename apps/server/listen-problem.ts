import { Problem } from '@maille/base/problem';
import { findPortHolder } from '@maille/host/ports/port-holder';

/** What `listen` failed with, in words. */
export function listenProblem(error: unknown, what: string, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const place = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (code === 'EADDRINUSE') {
    const found = findPortHolder(port);
    const holder = found ? `${found.command} (process ${found.pid})` : 'another program';
    return new Problem('conflict', `${what} cannot listen on ${place}: ${holder} holds the port`, {
      cause: error,
      remedy: 'Stop it, or choose another port.',
    });
  }
  if (code === 'EACCES')
    return new Problem('forbidden', `${what} may not listen on ${place}: ports below 1024 need root`, {
      cause: error,
      remedy: 'Choose a port from 1024 on.',
    });
  if (code === 'EADDRNOTAVAIL')
    return new Problem('invalid', `${what} cannot listen on ${place}: this machine has no such address`, {
      cause: error,
      remedy: 'Choose one of its own addresses.',
    });
  return error;
}
