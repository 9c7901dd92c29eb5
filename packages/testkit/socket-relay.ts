/**
 * A way into a network namespace for a test outside of it: `node socket-relay.ts SOCKET HOST PORT` inside
 * carries what comes to a Unix socket, which every namespace sees, to a TCP port, which only this one does.
 */
import { connect, createServer } from 'node:net';

const [socket, host, port] = process.argv.slice(2) as [string, string, string];
const relay = createServer((near) => {
  const far = connect(Number(port), host);
  near.pipe(far).pipe(near);
  near.on('error', () => far.destroy());
  far.on('error', () => near.destroy());
});
relay.listen(socket, () => process.stdout.write(`${JSON.stringify({ ready: true })}\n`));
process.once('SIGTERM', () => process.exit(0));
