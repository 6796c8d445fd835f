import { fetch, type Dispatcher, type Response as ReceivedResponse } from 'undici';
import type { Phase } from '../core/errors/failure-facts.js';
import { exactJson } from '../core/common/exact-json.js';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { apiOf } from './apis.js';
import type { HttpRequest } from './provider-api.js';
import type { ProviderRequest } from './provider-request.js';
import type { SignRequest } from './sign-in/sign-request.js';

/** What has come back so far: it tells what a break in the middle means. */
export interface Exchange {
  /** Null until the headers are there. */
  status: number | null;
  headers: Headers;
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

/** From here on a body is sent in pieces. */
const LARGE_CHARACTERS = 128 * 1024;
const PIECE_BYTES = 64 * 1024;

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
  const response = await sent(await apiOf(request.operation).httpRequest(request), { dispatcher, signal, sign });
  received.status = response.status;
  received.headers = new Headers([...response.headers]);
  received.phase = 'reading the answer';
  if (takePiece !== null && response.ok) await readStream(response, takePiece, take);
  else bodyText = await readBody(response, MAX_WIRE_RATIO * (request.maxAnswerBytes ?? MAX_PAYLOAD_BYTES), take);
  return bodyText;
}

/** Sends a request, signed in. Only what sends it has its body: while the answer is waited for, nobody needs that. */
async function sent({ method, url, headers, body }: HttpRequest, way: Omit<Way, 'hold'>): Promise<ReceivedResponse> {
  const { dispatcher, signal, sign } = way;
  const json = exactJson(body);
  if (sign !== null) {
    const signed = await unlessAborted(signal, sign({ method, url, body: json }));
    for (const [name, value] of Object.entries(signed)) headers.set(name, value);
  }
  // A redirect is no answer: following it would make a second request, and show the prompt to another host.
  const init = { method, dispatcher, redirect: 'manual', signal } as const;
  if (json.length < LARGE_CHARACTERS) return fetch(url, { ...init, headers: [...headers], body: json });
  // Of a text, `fetch` would keep all until the answer is there.
  const bytes = Buffer.from(json);
  headers.set('content-length', String(bytes.length));
  return fetch(url, { ...init, headers: [...headers], body: inPieces(bytes), duplex: 'half' });
}

async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
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

async function readStream(response: ReceivedResponse, takePiece: TakePiece, take: Take): Promise<void> {
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    await take(chunk.byteLength);
    if (!takePiece(decoder.decode(chunk, { stream: true }))) return;
  }
}

/**
 * @param take - waits for the memory of so many bytes
 * @throws AnswerTooLargeError
 */
export async function readBody(
  response: ReceivedResponse,
  mostBytes: number,
  take: Take = async () => undefined,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new AnswerTooLargeError(bytes);
    await take(chunk.byteLength);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
