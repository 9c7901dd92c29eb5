/**
 * Before a WebSocket is one, a refusal is plain HTTP. Node has let go of the socket by then: no timeout
 * of its server ends it. So once the answer is out it is closed both ways, and not left to a stranger
 * who keeps their half open.
 */
import type { Duplex } from 'node:stream';

/** `answer`: a whole HTTP answer. */
export function refuseUpgrade(socket: Duplex, answer: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(answer);
}
