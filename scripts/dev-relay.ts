/**
 * One end of the way into the simulated network. A Unix socket's file is reachable from every network
 * namespace: outside, TCP connections to loopback go into it; inside, they come out to the server's port.
 */
import { connect, createServer, type Socket } from 'node:net';

const [side, path, portText] = process.argv.slice(2) as [string, string, string];
const port = Number(portText);

function join(a: Socket, b: Socket): void {
  a.pipe(b).pipe(a);
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

const server = createServer((incoming) => {
  join(incoming, side === 'inside' ? connect({ host: '127.0.0.1', port }) : connect({ path }));
});
server.on('error', (error) => {
  console.error(`The way into the simulated network: ${error.message}`);
  process.exit(1);
});
if (side === 'inside') server.listen({ path });
else server.listen({ host: '127.0.0.1', port });
// Ctrl-C reaches every process of the terminal: the one that started us decides when we end.
process.on('SIGINT', () => {});
