import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from '../listen.js';
import { deliver } from './deliver.js';
import { createHandler } from './handle.js';
import { createJournal, publicJournal, type Journal, type RecordedRequest } from './journal.js';
import { lastUserText, type JsonObject } from './prompt.js';
import { createProgress } from './progress.js';
import { plainReply, type Reply } from './respond.js';
import type { Script } from './steps.js';

export interface MockProviderOptions {
  /** Steps by model. A model that is not in it is read as a fault name. @default {} */
  script?: Script;
  /** @default 0, a free port */
  port?: number;
  /** @default "127.0.0.1" */
  host?: string;
  /** The text of a good answer. @default `Echo: ` and the first 200 characters of the last user message */
  answer?: (body: JsonObject) => string;
  /** Wait before every answer, in milliseconds; a step's `delay` takes its place. @default 0 */
  latencyMs?: number;
  /** False keeps only counts, for long runs and benchmarks. @default true */
  journal?: boolean;
}

export interface MockProvider extends AsyncDisposable {
  /** Base URL without `/v1` and without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Every request in order of arrival; empty with `journal: false`. */
  readonly requests: readonly RecordedRequest[];
  requestsFor(model: string): readonly RecordedRequest[];
  /** Requests for a model, or all; kept with `journal: false` too. */
  callCount(model?: string): number;
  /** Takes a new script; every model starts at its first step. */
  setScript(script: Script): void;
  /** Lets go on what steps with `hold` hold back now. */
  release(): void;
  /** Empties the journal; every model and prompt starts at its first step. */
  reset(): void;
  /** Ends everything at once, also answers under way. */
  close(): Promise<void>;
}

/**
 * Starts an OpenAI-compatible provider that answers, and fails, as its script or the name of the model says.
 * @throws ScriptError for a script that cannot be used
 */
export async function startMockProvider(options: MockProviderOptions = {}): Promise<MockProvider> {
  const { script = {}, port = 0, host = '127.0.0.1', latencyMs = 0 } = options;
  let closed: Promise<void> | undefined;
  const journal = createJournal(options.journal ?? true, () => closed !== undefined);
  const progress = createProgress(script);
  const handle = createHandler({ progress, answer: options.answer ?? echo });
  const reset = () => {
    journal.clear();
    progress.restart();
  };
  const held = createGate();

  let lastNumber = 0;
  const onRequest = (req: IncomingMessage, res: ServerResponse) => {
    lastNumber += 1;
    const number = lastNumber;
    const id = `req_mock_${number}`;
    const receivedAt = Date.now();
    res.setHeader('x-request-id', id);
    const onText = async (text: string) => {
      const page = ownPage(req, { journal, reset, release: held.open });
      if (page) return deliver(res, page);
      const { reply, model, body } = handle(req, text, number);
      const entry = journal.record(req, res, { id, receivedAt, model, body });
      return deliver(res, { ...reply, delayMs: reply.delayMs ?? latencyMs }, entry, held.passed);
    };
    readBody(req, (text) => void onText(text).catch((error: unknown) => failVisibly(res, error)));
  };

  // A server that closes idle connections races with the client's next request and fails it by accident.
  const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, onRequest);
  const listening = await listen(server, { host, port });

  const close = () => {
    closed ??= listening.close();
    return closed;
  };

  return {
    url: listening.url,
    port: listening.port,
    get requests() {
      return journal.requests;
    },
    requestsFor: (model) => journal.requests.filter((entry) => entry.model === model),
    callCount: (model) => (model === undefined ? journal.total : (journal.counts.get(model) ?? 0)),
    setScript: progress.setScript,
    release: held.open,
    reset,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function echo(body: JsonObject): string {
  return `Echo: ${lastUserText(body).slice(0, 200)}`;
}

/** A gate at which many may wait; it is closed again when it has let them through. */
function createGate(): { open: () => void; passed: () => Promise<void> } {
  let open = (): void => undefined;
  let opened: Promise<void>;
  const close = () => {
    opened = new Promise((resolve) => {
      open = () => {
        resolve();
        close();
      };
    });
  };
  close();
  return { open: () => open(), passed: () => opened };
}

interface Own {
  journal: Journal;
  reset: () => void;
  release: () => void;
}

/** Pages about the provider itself; they are not in the journal. */
function ownPage(req: IncomingMessage, { journal, reset, release }: Own): Reply | undefined {
  switch (`${req.method} ${req.url}`) {
    case 'GET /mock/requests':
      return plainReply(200, publicJournal(journal));
    case 'POST /mock/reset':
      reset();
      return plainReply(200, { ok: true });
    case 'POST /mock/release':
      release();
      return plainReply(200, { ok: true });
    default:
      return undefined;
  }
}

/** An `answer` that throws must be seen by whoever sent the request. */
function failVisibly(res: ServerResponse, error: unknown): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const message = `mock provider: ${error instanceof Error ? error.message : String(error)}`;
  res.writeHead(500, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ error: { message, type: 'server_error', param: null, code: null } }));
}

function readBody(req: IncomingMessage, onText: (text: string) => void): void {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => onText(Buffer.concat(chunks).toString()));
}
