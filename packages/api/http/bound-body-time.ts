/**
 * How long a body may take. Node's own bound is for the server as a whole, and there a backup over a slow
 * line must fit; anybody else, known or not, would hold a connection just as long with a byte now and then.
 */
import type { Clock } from '@maille/base/clock';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** The largest body but a backup, 8 MiB, at half a megabit a second. */
const BODY_TIMEOUT_MS = 120_000;

declare module 'fastify' {
  interface FastifyRequest {
    /** Takes the bound away: this request's body may take long. */
    allowSlowBody?: () => void;
  }
}

export function boundBodyTime(app: FastifyInstance, clock: Clock): void {
  app.addHook('onRequest', async (request: FastifyRequest, reply) => {
    const { headers } = request.raw;
    if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
    const cancel = clock.after(BODY_TIMEOUT_MS, () => {
      if (!request.raw.complete) request.raw.destroy();
    });
    request.allowSlowBody = cancel;
    reply.raw.once('close', cancel);
  });
}
