/**
 * Accepts on every address: `node tcp-listeners.ts 80=accept 81=reset 82=close` holds what is opened on
 * port 80, breaks off what is opened on 81, ends what is opened on 82 in good order. Says `ready` when it
 * listens.
 */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

const deeds: Record<string, (socket: Socket) => void> = {
  accept: () => {},
  reset: (socket) => socket.resetAndDestroy(),
  close: (socket) => socket.end(),
};

for (const word of process.argv.slice(2)) {
  const [port, name = ''] = word.split('=');
  const server = createServer((socket) => {
    socket.on('error', () => {}); // the probe breaks off: that is how it ends
    deeds[name]?.(socket);
  });
  server.listen({ port: Number(port), host: '::', backlog: 4_096 });
  await once(server, 'listening');
}
console.log('ready');
