import type { ServerResponse } from 'node:http';
import type { RecordedRequest } from './journal.js';
import type { Reply } from './respond.js';

/**
 * Between the last bytes and a reset. A client drops what it has not read yet when the reset arrives,
 * and the point of a cut answer is that its first part was seen.
 */
const BEFORE_RESET_MS = 25;

/**
 * Sends a reply, as slowly and as badly as it says.
 * @param toGoOn - settles when what a step holds back may follow
 */
export async function deliver(
  res: ServerResponse,
  reply: Reply,
  entry?: RecordedRequest,
  toGoOn: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  if (reply.delayMs !== undefined && reply.delayMs > 0 && !(await pause(res, reply.delayMs))) return;
  if (reply.isHeld) await toGoOn();
  if (res.destroyed) return;
  if (reply.body === undefined) {
    if (reply.ending === 'reset') reset(res, entry);
    return;
  }
  const body = Buffer.from(reply.body);
  const isStream = reply.headers['content-type']?.startsWith('text/event-stream') === true;
  res.writeHead(reply.status, isStream ? reply.headers : { 'content-length': body.length, ...reply.headers });
  if (entry) entry.status = reply.status;
  if (reply.ending === 'end' && reply.drip === undefined && reply.held === undefined) {
    res.end(body);
    return;
  }
  res.flushHeaders();
  const sent = await writeSlowly(res, reply, reply.ending === 'cut' ? body.subarray(0, body.length >> 1) : body);
  if (!sent) return;
  if (reply.held !== undefined) {
    await toGoOn();
    if (reply.held !== '' && !res.destroyed) res.write(reply.held);
  }
  if (reply.ending === 'hang') return;
  if (reply.ending === 'end') res.end();
  else if (await pause(res, BEFORE_RESET_MS)) reset(res, entry);
}

async function writeSlowly(res: ServerResponse, reply: Reply, body: Buffer): Promise<boolean> {
  if (reply.drip === undefined) {
    if (body.length > 0) res.write(body);
    return true;
  }
  const [pieces, pauseSeconds] = reply.drip;
  for (let index = 0; index < pieces; index += 1) {
    if (!(await pause(res, pauseSeconds * 1000))) return false;
    const piece = body.subarray(
      Math.floor((body.length * index) / pieces),
      Math.floor((body.length * (index + 1)) / pieces),
    );
    if (piece.length > 0) res.write(piece);
  }
  return true;
}

function reset(res: ServerResponse, entry: RecordedRequest | undefined): void {
  if (entry) entry.finishedAt = Date.now();
  res.socket?.resetAndDestroy();
}

/** Resolves to false, and leaves no timer, when the connection closes first. */
function pause(res: ServerResponse, milliseconds: number): Promise<boolean> {
  if (res.destroyed) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onClose = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      res.off('close', onClose);
      resolve(true);
    }, milliseconds);
    res.once('close', onClose);
  });
}
