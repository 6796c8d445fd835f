import { Readable } from 'node:stream';
import { request as send, type Dispatcher } from 'undici';
import type { Phase } from '../core/errors/failure-facts.js';
import { stringifyExactJson } from '../core/common/exact-json.js';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { garbage } from '../garbage.js';
import { apiOf } from './apis.js';
import type { ProviderRequest } from './provider-request.js';
import { requestBody } from './request-body.js';
import { joinHeaders } from './request-headers.js';
import type { SignRequest } from './sign-in/sign-request.js';

/** What has come back so far: it tells what a break in the middle means. */
export interface Exchange {
  /** Null until the headers are there. */
  status: number | null;
  /** By their names in small letters. */
  headers: ReadonlyMap<string, string>;
  phase: Phase;
}

export class AnswerTooLargeError extends Error {
  readonly bytes: number;

  constructor(bytes: number) {
    super(`the answer has more than ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/** An answer may be longer on the wire than as it is kept, but not by this much. */
const MAX_WIRE_RATIO = 4;

/** What an exchange is made with. */
interface Way {
  readonly dispatcher: Dispatcher;
  /** Ends the exchange with its reason. */
  readonly signal: AbortSignal;
  /** Null: the connection has a key. */
  readonly sign: SignRequest | null;
  /** Waits before more is read. */
  readonly hold: (wait: Promise<void>) => Promise<void>;
}

/** Takes the next piece of a stream. False: the rest does not matter. */
type TakePiece = (text: string) => boolean;

/** Waits until so many bytes more of an answer may be in memory. */
type Take = (bytes: number) => Promise<void>;

/**
 * One HTTP exchange. The whole body is read before the API's client sees it, so that errors, too, are judged from what
 * the provider really sent.
 * @param takePiece - gets the body of a 200 as it comes; what is returned is empty then
 */
export async function exchange(
  request: ProviderRequest,
  received: Exchange,
  { dispatcher, signal, sign, hold }: Way,
  takePiece: TakePiece | null = null,
): Promise<string> {
  let bodyText = '';
  const take = async (bytes: number): Promise<void> => {
    const wait = request.memory?.take(bytes) ?? null;
    if (wait !== null) await hold(unlessAborted(signal, wait));
  };
  const { statusCode, headers, body } = await sent(request, { dispatcher, signal, sign });
  received.status = statusCode;
  received.headers = new Map(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(', ')]));
  received.phase = 'reading the answer';
  if (takePiece !== null && statusCode >= 200 && statusCode < 300) await readStream(body, takePiece, take);
  else bodyText = await readBody(body, MAX_WIRE_RATIO * (request.maxAnswerBytes ?? MAX_PAYLOAD_BYTES), take);
  return bodyText;
}

/** What an answer may be packed by. */
const ACCEPTED = { 'accept-encoding': 'gzip, deflate, br' };

/**
 * Sends a request, signed in. Only what sends it has its JSON: while the answer is waited for, nobody needs that, and whoever waits
 * must not have it. A redirect is no answer, and is not followed: that would make a second request, and show the prompt to another host.
 */
async function sent(
  request: ProviderRequest,
  { dispatcher, signal, sign }: Omit<Way, 'hold'>,
): Promise<Dispatcher.ResponseData> {
  garbage.collectBefore(request.body);
  const { method, url, headers, body } = await apiOf(request.operation).httpRequest(request);
  const json = requestBody(body);
  const unsigned = { method, url, json: () => (typeof json === 'string' ? json : stringifyExactJson(body)) };
  const signed = sign === null ? undefined : await unlessAborted(signal, sign(unsigned));
  const all = joinHeaders(ACCEPTED, headers, signed);
  const way = { method: method as Dispatcher.HttpMethod, dispatcher, signal };
  if (typeof json === 'string') return send(url, { ...way, headers: all, body: json });
  // Of a text, undici would keep all until the answer is there.
  const pieces = Readable.from(json.pieces, { highWaterMark: 1 });
  return send(url, { ...way, headers: { ...all, 'content-length': String(json.bytes) }, body: pieces });
}

/** Nobody can stop a library that fetches a token, but it need not be waited for. */
async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let abort = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function readStream(body: AsyncIterable<Uint8Array>, takePiece: TakePiece, take: Take): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    await take(chunk.byteLength);
    if (!takePiece(decoder.decode(chunk, { stream: true }))) return;
  }
}

/**
 * @param take - waits for the memory of so many bytes
 * @throws AnswerTooLargeError
 */
export async function readBody(
  body: AsyncIterable<Uint8Array> | Iterable<never>,
  mostBytes: number,
  take: Take = async () => undefined,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new AnswerTooLargeError(bytes);
    await take(chunk.byteLength);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
