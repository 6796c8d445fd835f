import { setTimeout as sleep } from 'node:timers/promises';
import { CALL_TIMEOUT_SECONDS, SECRETS, type PlannedCall } from './load.js';
import type { Asked } from './record.js';

const BETWEEN_MS = 500;

/** Without `/v1`. */
export type GatewayUrls = Readonly<Record<PlannedCall['gateway'], string>>;

/** What a caller does: asks, and asks again where that is safe. */
export async function askUntilAnswered(call: PlannedCall, urls: GatewayUrls, giveUpMs: number): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (;;) {
    const last = await askOnce(call, urls, call.gateway);
    asked.push(last);
    if (last.outcome === 'answered' || Date.now() > giveUpMs) return asked;
    const isSafe = call.key !== null || last.outcome === 'not sent' || last.mayAskAgain;
    const isEnd = last.outcome === 'refused' && !last.mayAskAgain && !mayHaveBrokenOff(call.stream, asked);
    if (!isSafe || isEnd) return asked;
    await sleep(BETWEEN_MS);
  }
}

/**
 * Whether the last one asked may have joined a stream of an earlier one, whose connection was cut: others could read its
 * first words, so that it fails when it breaks off, and the key begins another.
 */
export function mayHaveBrokenOff(isStream: boolean, asked: readonly Asked[]): boolean {
  return isStream && asked.slice(0, -1).some(({ outcome }) => outcome === 'cut' || outcome === 'broken off');
}

export async function askOnce(call: PlannedCall, urls: GatewayUrls, gateway: PlannedCall['gateway']): Promise<Asked> {
  const startMs = Date.now();
  const heard = await hear(call, urls[gateway]);
  return { text: '', answerId: null, said: '', mayAskAgain: false, ...heard, gateway, startMs, endMs: Date.now() };
}

type Heard = Pick<Asked, 'outcome'> & Partial<Pick<Asked, 'text' | 'answerId' | 'said' | 'mayAskAgain'>>;

async function hear(call: PlannedCall, url: string): Promise<Heard> {
  let response: Response;
  try {
    response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${SECRETS.gateway}`,
        'x-holdfast-durability': call.durability,
        ...(call.key === null ? {} : { 'idempotency-key': call.key }),
      },
      body: bodyOf(call),
      signal: AbortSignal.timeout((CALL_TIMEOUT_SECONDS + 60) * 1000),
    });
  } catch (error) {
    return {
      outcome: codeOf(error) === 'ECONNREFUSED' ? 'not sent' : 'cut',
      said: `${String(error)} ${codeOf(error)}`,
    };
  }
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
  } catch (error) {
    return { outcome: 'cut', said: `${String(error)} ${codeOf(error)}`, ...(call.stream && streamed(text)) };
  }
  if (response.status !== 200) {
    const mayAskAgain = response.headers.get('x-should-retry') === 'true';
    return { outcome: 'refused', said: `${response.status} ${text.slice(0, 400)}`, mayAskAgain };
  }
  if (!call.stream) return { outcome: 'answered', ...plain(text) };
  const isWhole = text.includes('data: [DONE]');
  return { outcome: isWhole ? 'answered' : 'broken off', said: text.slice(-300), ...streamed(text) };
}

function bodyOf({ prompt, model, stream, paddingLength }: PlannedCall): string {
  const padding = paddingLength === 0 ? [] : [{ role: 'system', content: 'x'.repeat(paddingLength) }];
  const messages = [...padding, { role: 'user', content: prompt }];
  return JSON.stringify({ model, stream, messages, timeout: CALL_TIMEOUT_SECONDS });
}

interface Completion {
  readonly id?: string;
  readonly choices?: readonly {
    readonly message?: { readonly content?: string };
    readonly delta?: { readonly content?: string };
  }[];
}

function plain(text: string): Pick<Asked, 'text' | 'answerId'> {
  const { id = null, choices } = JSON.parse(text) as Completion;
  return { text: choices?.[0]?.message?.content ?? '', answerId: id };
}

function streamed(text: string): Pick<Asked, 'text' | 'answerId'> {
  // The last line of a stream that was cut may be half of one. Comments stand before an event, too.
  const events = text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as Completion);
  const pieces = events.map(({ choices }) => choices?.[0]?.delta?.content ?? '');
  return { text: pieces.join(''), answerId: events.find(({ id }) => id !== undefined)?.id ?? null };
}

function codeOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: unknown } };
  return typeof cause?.code === 'string' ? cause.code : '';
}
