/**
 * Loaded before each supervised program: descriptor 3 is a pipe whose other end only the supervisor
 * holds. When it closes, the supervisor is gone, however it died, and this program must not outlive it:
 * the next `maille up` would meet it on its ports. (The kernel's own way, PR_SET_PDEATHSIG, is forgotten
 * when a process changes its user, as the sensor does.)
 */
import { Socket } from 'node:net';

const GRACE_MS = 8_000;

const lifeline = new Socket({ fd: 3, readable: true, writable: false });
lifeline.unref();
lifeline.on('error', () => {});
lifeline.on('close', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref();
});
lifeline.resume();
