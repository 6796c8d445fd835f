import { finished, Transform, type Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Refusal } from './refusal.js';

/** Room for thousands of usual bodies, or for four of the largest. */
export const DEFAULT_MAX_RECEIVING_BYTES = 256 * 1024 * 1024;

/** A body of unknown length takes so much room to begin with. */
const UNKNOWN_BYTES = 1024 * 1024;

/**
 * Bounds the memory of bodies that are on their way: a client that sends slowly holds room for all that it announced. One
 * that finds no room is refused before its body is read, or where it finds none for more than it announced. Uploads are not
 * held, and not counted.
 */
export function limitReceiving(app: FastifyInstance, maxBytes: number): void {
  let reserved = 0;
  app.addHook('preParsing', async ({ headers, routeOptions }, reply, payload) => {
    if (routeOptions.config.isUpload === true) return;
    const isUnknown = headers['transfer-encoding'] !== undefined;
    const announced = isUnknown ? UNKNOWN_BYTES : Number(headers['content-length'] ?? 0);
    const bytes = Math.min(announced, routeOptions.bodyLimit ?? 0);
    if (bytes === 0) return;
    let held = 0;
    const reserve = (more: number): boolean => {
      if (reserved + more > maxBytes) {
        // What is still to come of the body is not worth the connection.
        void reply.header('connection', 'close');
        return false;
      }
      reserved += more;
      held += more;
      return true;
    };
    if (!reserve(bytes)) throw noRoom();
    const free = () => {
      reserved -= held;
      held = 0;
    };
    payload.once('close', free);
    reply.raw.once('close', free);
    return isUnknown ? through(payload, roomFor(bytes, reserve)) : undefined;
  });
}

/** What comes through. What ends with an error does not end the connection with it, as a pipeline would: it is answered. */
function through(payload: Readable, room: Transform): Transform {
  finished(payload, (error) => {
    if (error) room.destroy(error);
  });
  return payload.pipe(room);
}

/** Lets a body through, and takes room for what is more than it has. */
function roomFor(room: number, reserve: (more: number) => boolean): Transform {
  let left = room;
  return new Transform({
    transform(block: Buffer, _encoding, done) {
      left -= block.length;
      const hasRoom = left >= 0 || reserve(-left);
      left = Math.max(left, 0);
      if (hasRoom) done(null, block);
      else done(noRoom());
    },
  });
}

function noRoom(): Refusal {
  return new Refusal({
    kind: 'ServiceUnavailableError',
    message: 'this gateway is receiving as many bodies of requests as it has memory for; nothing was started',
    retryAfterSeconds: 1,
    askAgain: true,
  });
}
