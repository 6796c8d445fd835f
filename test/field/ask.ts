import { createParser } from 'eventsource-parser';
import type { AnswerCase } from './case-file.js';
import { ofAnswer, ofChunks, type PutTogether } from './put-together.js';
import { fieldsOf, listOf, whole } from './values.js';

/** What a client got. */
export interface ClientView {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. */
  readonly text: string;
  readonly json: unknown;
  /** The events of a stream, parsed; null: it was none. */
  readonly events: readonly unknown[] | null;
  /** Whether the stream ended as it should. */
  readonly done: boolean;
  readonly error: { readonly kind: unknown; readonly code: unknown; readonly message: string } | null;
  readonly answer: PutTogether;
  readonly callId: string | null;
}

export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** The request of a case, as it goes over the wire. */
export function requestOf({ id, request = {} }: AnswerCase, gatewayUrl: string): Asked {
  const { operation = 'chat.completions', stream, group = 'm', body, raw, method, path, headers } = request;
  const model = `${id}.${group}`;
  const withModel = (text: string) => text.replaceAll('$MODEL', model);
  const prompt = PROMPTS[operation] ?? { input: 'x' };
  const given = { model, ...fieldsOf(whole(body ?? prompt)), ...(stream !== undefined && { stream }) };
  const hasBody = method === undefined || !['GET', 'HEAD', 'DELETE'].includes(method);
  return {
    url: `${gatewayUrl}${path === undefined ? `/v1/${operation.replaceAll('.', '/')}` : withModel(path)}`,
    method: method ?? 'POST',
    headers: { ...(hasBody && { 'content-type': 'application/json' }), ...headers },
    body: hasBody ? (raw === undefined ? JSON.stringify(given) : withModel(raw)) : undefined,
  };
}

const PROMPTS: Readonly<Record<string, object>> = {
  'chat.completions': { messages: [{ role: 'user', content: 'x' }] },
  completions: { prompt: 'x' },
  'images.generations': { prompt: 'x' },
};

/** Far above what any case takes. */
const LIMIT_MS = 90_000;

export async function ask({ url, method, headers, body }: Asked, onContent: () => void): Promise<ClientView> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(url, {
    method,
    headers,
    signal,
    redirect: 'manual',
    ...(body !== undefined && { body }),
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const events: unknown[] = [];
  let saidDone = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data === '[DONE]') {
        saidDone = true;
        return;
      }
      const event = parse(data);
      events.push(event);
      if (hasContent(event)) onContent();
    },
  });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of response.body ?? []) {
      const piece = decoder.decode(chunk as Uint8Array, { stream: true });
      text += piece;
      if (isStream) parser.feed(piece);
    }
  } catch (error) {
    if (!isStream || signal.aborted) throw error;
  }
  const json = isStream ? null : parse(text);
  const error = errorOf(isStream ? events.findLast((event) => errorOf(event) !== null) : json);
  const ends = ['response.completed', 'response.incomplete'];
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    events: isStream ? events : null,
    done: saidDone || events.some((event) => ends.includes(String(fieldsOf(event)['type']))),
    error,
    answer: isStream ? ofChunks(events) : ofAnswer(json),
    callId: response.headers.get('x-litellm-call-id'),
  };
}

function hasContent(event: unknown): boolean {
  const { type, choices } = fieldsOf(event);
  if (typeof type === 'string') return type.endsWith('.delta');
  return listOf(choices).some(({ delta, text }) => {
    const { role: _role, ...others } = fieldsOf(delta);
    return Boolean(text) || Object.values(others).some((value) => value !== null && value !== '');
  });
}

function errorOf(body: unknown): ClientView['error'] {
  const { error } = fieldsOf(body);
  // An empty one is none.
  if (typeof error !== 'object' || error === null || Object.keys(error).length === 0) return null;
  const { kind, code, message } = fieldsOf(error);
  return { kind, code, message: String(message) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
