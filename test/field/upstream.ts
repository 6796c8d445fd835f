import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ScriptedAnswer } from './case-file.js';
import { embeddings, operationOf, sse, streamedAnswer, wholeAnswer } from './upstream-answers.js';
import { at, fieldsOf, whole } from './values.js';

/** A request that the upstream got. */
export interface UpstreamRequest {
  readonly atMs: number;
  readonly group: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** What the upstream does for one case, and what it saw. */
export class UpstreamPart {
  readonly requests: UpstreamRequest[] = [];
  /** Holds that went on because their time was over. */
  expiredHolds = 0;
  private readonly scripts: Readonly<Record<string, readonly ScriptedAnswer[]>>;
  private readonly used = new Map<string, Set<ScriptedAnswer>>();
  private seen = 0;
  private seenAtLastHold = 0;
  private wake: () => void = () => undefined;

  constructor(scripts: Readonly<Record<string, readonly ScriptedAnswer[]>>) {
    this.scripts = scripts;
  }

  /** The client got content. */
  clientSawContent(): void {
    this.seen += 1;
    this.wake();
  }

  /** Waits until the client got content since the last hold. */
  async hold(limitMs: number): Promise<void> {
    const endMs = Date.now() + limitMs;
    while (this.seen <= this.seenAtLastHold && Date.now() < endMs) {
      const seen = new Promise<void>((resolve) => (this.wake = resolve));
      await Promise.race([seen, sleep(endMs - Date.now(), undefined, { ref: false })]);
    }
    if (this.seen <= this.seenAtLastHold) this.expiredHolds += 1;
    this.seenAtLastHold = this.seen;
  }

  /** Each answer is used once, but the last and those with a condition. */
  answerFor(group: string, deployment: string, body: unknown): ScriptedAnswer {
    const name = this.scripts[`${group}.${deployment}`] === undefined ? group : `${group}.${deployment}`;
    const answers = (this.scripts[name] ?? []).filter((answer) => holds(answer, body));
    const used = this.used.get(name) ?? new Set();
    this.used.set(name, used);
    const answer = answers.find((each) => !used.has(each)) ?? answers.at(-1) ?? { ok: 'hello world' };
    const isLast = answer === this.scripts[name]?.at(-1);
    if (!isLast && answer.if === undefined && answer.unless === undefined) used.add(answer);
    return answer;
  }
}

function holds(conditions: unknown, body: unknown): boolean {
  const { if: set, unless } = fieldsOf(conditions);
  const isSet = (path: unknown) => ![undefined, null, false].includes(at(body, String(path)) as never);
  return (set === undefined || isSet(set)) && (unless === undefined || !isSet(unless));
}

/** An upstream that sends what cases say, byte by byte if they want. It also serves as a proxy to itself. */
export class Upstream {
  private readonly parts = new Map<string, UpstreamPart>();
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      this.serve(request, response).catch(() => response.destroy());
    });
    this.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
      const inner = connect(Number(this.host.split(':')[1]), '127.0.0.1');
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.on('error', () => inner.destroy()).pipe(inner);
      inner.on('error', () => socket.destroy()).pipe(socket);
    });
  }

  static async start(): Promise<Upstream> {
    const upstream = new Upstream();
    upstream.server.listen(0, '127.0.0.1');
    await once(upstream.server, 'listening');
    return upstream;
  }

  /** `host:port` */
  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What is asked under `/NAME/…` from now on. */
  part(name: string, scripts: Readonly<Record<string, readonly ScriptedAnswer[]>> = {}): UpstreamPart {
    const part = new UpstreamPart(scripts);
    this.parts.set(name, part);
    return part;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A proxy is asked by the whole URL.
    const { pathname, search } = new URL(request.url ?? '', 'http://upstream');
    const [, name = '', group = '', deployment = ''] = pathname.split('/');
    const part = this.parts.get(decodeURIComponent(name));
    const text = await readText(request);
    const body = parse(text);
    if (part === undefined) {
      response.writeHead(404).end(`no case ${name}`);
      return;
    }
    part.requests.push({
      atMs: Date.now(),
      group,
      path: pathname,
      query: search,
      headers: request.headers,
      text,
      body,
    });
    const answer = part.answerFor(group, deployment, body);
    if (answer.sse !== undefined) return stream(response, answer, part, body);
    const { status = 200, headers, contentType, content } = contentOf(answer, operationOf(pathname), body);
    response.writeHead(status, { 'content-type': contentType, ...headers });
    response.end(content);
  }
}

interface Content {
  readonly status: number | undefined;
  readonly headers: Record<string, string>;
  readonly contentType: string;
  readonly content: string;
}

function contentOf(
  answer: ScriptedAnswer,
  operation: ReturnType<typeof operationOf>,
  body: Record<string, unknown>,
): Content {
  const { status, text, ok, embeddings: dimensions } = answer;
  const headers = fieldsOf(whole(answer.headers)) as Record<string, string>;
  const as = (content: string, contentType = 'application/json') => ({ status, headers, contentType, content });
  if (answer.json !== undefined) return as(JSON.stringify(whole(answer.json)));
  if (text !== undefined) return as(text);
  if (dimensions !== undefined) return as(JSON.stringify(embeddings(dimensions, body)));
  const streamed = body['stream'] === true ? streamedAnswer(operation, ok ?? '', body) : null;
  if (streamed !== null) return as(streamed.join(''), 'text/event-stream');
  return as(JSON.stringify(wholeAnswer(operation, ok ?? '', body)));
}

async function stream(
  response: ServerResponse,
  { status = 200, headers, sse: pieces = [], end }: ScriptedAnswer,
  part: UpstreamPart,
  body: unknown,
): Promise<void> {
  response.writeHead(status, { 'content-type': 'text/event-stream', ...fieldsOf(whole(headers)) } as never);
  response.flushHeaders();
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (typeof piece === 'string') response.write(piece);
    else if (holds(piece, body)) await writePiece(response, fieldsOf(piece), part);
  }
  if (end === 'reset') response.socket?.resetAndDestroy();
  else response.end();
}

async function writePiece(response: ServerResponse, piece: Record<string, unknown>, part: UpstreamPart): Promise<void> {
  const { pause, hold, bytes, event, data } = piece;
  if (typeof pause === 'number') await sleep(pause);
  else if (typeof hold === 'number') await part.hold(hold);
  else if (typeof bytes === 'string') {
    for (const byte of Buffer.from(bytes)) {
      response.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  } else response.write(sse(whole(data), typeof event === 'string' ? event : undefined));
}

function parse(text: string): Record<string, unknown> {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}
