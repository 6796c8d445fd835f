import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { encode } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { KeyRing } from '../encryption/key-ring.js';
import { listen, type Listening } from '../listen.js';
import { dataConverter } from '../temporal/data-converter.js';
import { readableOrWhy } from './readable-or-why.js';
import { fromJson, toJson } from './payload-json.js';

export interface CodecServerOptions {
  readonly keys: KeyRing;
  /** Of requests that name none. */
  readonly namespace: string;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Where Temporal's UI is: pages of no other origin may ask. */
  readonly uiOrigin: string;
  /** Whoever asks has it. */
  readonly token: string;
}

/** More than Temporal takes in a message, in base64. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** A preflight is asked for again after so long. */
const PREFLIGHT_SECONDS = 600;

interface Answer {
  readonly status: number;
  readonly body?: object;
}

/**
 * Decrypts and encrypts for Temporal's UI and command line: `POST /decode` and `POST /encode` of their remote codec. The token
 * is a bearer's, or the first part of the path, where the UI has nobody signed in and sends none.
 * @throws Error when it cannot listen there
 */
export async function startCodecServer(options: CodecServerOptions): Promise<Listening> {
  const server = createServer((request, response) => {
    answer(request, options).then(
      (given) => send(response, request, options, given),
      () => send(response, request, options, refused(400, 'expected payloads as JSON: {"payloads": […]}')),
    );
  });
  const { host, port } = options;
  return listen(server, options, ({ message }) => new Error(`cannot listen on ${host}:${port}: ${message}`));
}

async function answer(request: IncomingMessage, options: CodecServerOptions): Promise<Answer> {
  const { origin } = request.headers;
  if (origin !== undefined && origin !== options.uiOrigin) {
    return refused(403, `pages of ${origin} may not ask: the UI is at ${options.uiOrigin}`);
  }
  if (request.method === 'OPTIONS') return { status: 204 };
  const [, tokenInPath, way] = /^(?:\/([^/?]+))?\/(decode|encode)\/?(?:\?|$)/.exec(request.url ?? '') ?? [];
  if (request.method !== 'POST' || way === undefined) return refused(404, 'POST /decode, POST /encode');
  const bearer = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (![bearer, tokenInPath].some((given) => isToken(given, options.token))) {
    return refused(401, 'expected the header Authorization: Bearer TOKEN, or the path /TOKEN/decode');
  }
  const body = await bodyOf(request);
  if (body === null) return refused(413, `more than ${MAX_BODY_BYTES} bytes at once`);
  const { payloads } = JSON.parse(body) as { payloads: unknown[] };
  const namespace = request.headers['x-namespace'] ?? options.namespace;
  const { payloadCodecs } = dataConverter({ keys: options.keys, namespace: String(namespace) });
  const given = payloads.map(fromJson);
  const made = await (way === 'encode'
    ? encode(payloadCodecs, given)
    : Promise.all(given.map((one) => readableOrWhy(payloadCodecs, one))));
  return { status: 200, body: { payloads: made.map(toJson) } };
}

/** Null: it is too large. The rest of it goes past: one who is still sending would not hear the answer. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const blocks: Buffer[] = [];
  let bytes = 0;
  for await (const block of request as AsyncIterable<Buffer>) {
    bytes += block.length;
    if (bytes <= MAX_BODY_BYTES) blocks.push(block);
  }
  return bytes <= MAX_BODY_BYTES ? String(Buffer.concat(blocks)) : null;
}

function isToken(given: string | undefined, token: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function refused(status: number, message: string): Answer {
  return { status, body: { message } };
}

function send(
  response: ServerResponse,
  request: IncomingMessage,
  { uiOrigin }: CodecServerOptions,
  { status, body }: Answer,
): void {
  const asked = request.headers['access-control-request-headers'];
  response.writeHead(status, {
    'access-control-allow-origin': uiOrigin,
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': asked ?? 'authorization, content-type, x-namespace',
    'access-control-allow-credentials': 'true',
    'access-control-max-age': String(PREFLIGHT_SECONDS),
    vary: 'origin',
    'cache-control': 'no-store',
    ...(body && { 'content-type': 'application/json' }),
  });
  response.end(body && JSON.stringify(body));
}
