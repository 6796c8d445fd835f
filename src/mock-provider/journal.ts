import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

/** One request as the provider saw it. All times are milliseconds since the epoch. */
export interface RecordedRequest {
  /** The `x-request-id` of the answer. */
  id: string;
  receivedAt: number;
  method: string;
  /** With the query. */
  path: string;
  /** Null when the request named none. */
  model: string | null;
  /** Parsed; undefined when there was no body or it was not JSON. */
  body: unknown;
  /** As received, with the key. */
  headers: IncomingHttpHeaders;
  /** The status sent; absent while, or when, none was. */
  status?: number;
  /** The provider was done: the whole response was sent, or it reset the connection as scripted. */
  finishedAt?: number;
  /** The client went away before the response was complete. */
  abortedAt?: number;
}

export interface Journal {
  /** Empty when only counts are kept. */
  readonly requests: readonly RecordedRequest[];
  /** Requests by model. */
  readonly counts: ReadonlyMap<string, number>;
  /** Requests of all kinds. */
  readonly total: number;
  /** @returns the entry, which goes on to follow the response; undefined when only counts are kept */
  record(req: IncomingMessage, res: ServerResponse, facts: RecordedFacts): RecordedRequest | undefined;
  clear(): void;
}

interface RecordedFacts {
  id: string;
  receivedAt: number;
  model: string | undefined;
  body: unknown;
}

/** @param isClosing tells a client that left from a server that closed its connections */
export function createJournal(keepsRequests: boolean, isClosing: () => boolean): Journal {
  let requests: RecordedRequest[] = [];
  let total = 0;
  const counts = new Map<string, number>();
  return {
    get requests() {
      return requests;
    },
    get total() {
      return total;
    },
    counts,
    record(req, res, { id, receivedAt, model, body }) {
      total += 1;
      if (model !== undefined) counts.set(model, (counts.get(model) ?? 0) + 1);
      if (!keepsRequests) return undefined;
      const { method = '', url: path = '', headers } = req;
      const entry: RecordedRequest = { id, receivedAt, method, path, model: model ?? null, body, headers };
      requests.push(entry);
      watchEnd(res, entry, isClosing);
      return entry;
    },
    clear() {
      // A new list, so that a list a test has taken before stays as it was.
      requests = [];
      total = 0;
      counts.clear();
    },
  };
}

/** Notes in the entry how its response came to an end. */
function watchEnd(res: ServerResponse, entry: RecordedRequest, isClosing: () => boolean): void {
  res.once('finish', () => {
    entry.finishedAt = Date.now();
  });
  res.once('close', () => {
    if (entry.finishedAt === undefined && !isClosing()) entry.abortedAt = Date.now();
  });
}

/** The journal as JSON that may be shown: without keys. */
export function publicJournal(journal: Journal): Record<string, unknown> {
  return {
    total: journal.total,
    counts: Object.fromEntries(journal.counts),
    requests: journal.requests.map((entry) => ({ ...entry, headers: maskKeys(entry.headers) })),
  };
}

/** Where keys are, beside OpenAI's header: Azure's, and Anthropic's. */
const KEY_HEADERS = ['api-key', 'x-api-key'] as const;

/** The key that a request was sent with. */
export function apiKeyOf({ headers }: IncomingMessage): string {
  const other = KEY_HEADERS.map((name) => headers[name]).find((value) => typeof value === 'string');
  return headers.authorization?.replace(/^Bearer\s+/i, '') ?? (typeof other === 'string' ? other : '');
}

function maskKeys(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return {
    ...headers,
    ...(headers.authorization !== undefined && { authorization: '***' }),
    ...Object.fromEntries(KEY_HEADERS.filter((name) => name in headers).map((name) => [name, '***'])),
  };
}
