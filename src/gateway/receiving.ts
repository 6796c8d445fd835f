import type { FastifyInstance } from 'fastify';
import { Refusal } from './refusal.js';

/** Room for 50 of the largest bodies, or for thousands of usual ones. */
export const DEFAULT_MAX_RECEIVING_BYTES = 256 * 1024 * 1024;

/**
 * Bounds the memory of bodies that are on their way: a client that sends slowly holds room for all that it announced. One
 * that finds no room is refused before its body is read. Uploads are not held, and not counted.
 */
export function limitReceiving(app: FastifyInstance, maxBytes: number): void {
  let reserved = 0;
  app.addHook('preParsing', async ({ headers, routeOptions }, reply, payload) => {
    if (routeOptions.config.isUpload === true) return;
    const bytes = announcedBytes(headers, routeOptions.bodyLimit ?? 0);
    if (bytes === 0) return;
    if (reserved + bytes > maxBytes) {
      // What is still to come of the body is not worth the connection.
      void reply.header('connection', 'close');
      throw noRoom();
    }
    reserved += bytes;
    let isFree = false;
    const free = () => {
      if (!isFree) reserved -= bytes;
      isFree = true;
    };
    payload.once('close', free);
    reply.raw.once('close', free);
  });
}

/** A body of unknown length may have as many as are read. */
function announcedBytes(headers: NodeJS.Dict<string | string[]>, bodyLimit: number): number {
  if (headers['transfer-encoding'] !== undefined) return bodyLimit;
  return Math.min(Number(headers['content-length'] ?? 0), bodyLimit);
}

function noRoom(): Refusal {
  return new Refusal({
    kind: 'ServiceUnavailableError',
    message: 'this gateway is receiving as many bodies of requests as it has memory for; nothing was started',
    retryAfterSeconds: 1,
    askAgain: true,
  });
}
