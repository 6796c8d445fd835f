import { finished } from 'node:stream';
import type { FastifyInstance } from 'fastify';

/**
 * Reads and drops what is still to come of a body whose request has been answered. Node does so only where nobody has begun
 * to read it: else the next request of the connection would wait behind it until the connection is given up.
 * @param timeoutMs - how long it may go on; then the connection is closed
 */
export function dropRestOfBody(app: FastifyInstance, timeoutMs: number): void {
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.complete || raw.destroyed) return;
    const late = setTimeout(() => raw.socket.destroy(), timeoutMs);
    finished(raw, () => clearTimeout(late));
    raw.unpipe();
    raw.resume();
  });
}
