import { isDeepStrictEqual } from 'node:util';
import type { ClientView } from './ask.js';
import type { AnswerCase, Range } from './case-file.js';
import { ofAnswer } from './put-together.js';
import type { UpstreamRequest } from './upstream.js';
import { at, fieldsOf, listOf } from './values.js';

type Want = AnswerCase['want'];

/** What a call left behind: `GET /holdfast/calls/ID`. */
export interface KeptCall {
  readonly state: string;
  readonly report: unknown;
  readonly response: unknown;
}

/** Everything that is known of a request of a case. */
export interface Observed {
  readonly client: ClientView;
  /** Null: the gateway named no call. */
  readonly kept: KeptCall | null;
  readonly rejoined: ClientView | null;
  readonly requests: readonly UpstreamRequest[];
  readonly expiredHolds: number;
}

/** Upper bounds of waits are that much wider on the clock of a busy machine. */
const GRACE_MS = 3_000;

type Check = (wanted: never, observed: Observed) => readonly string[];

/** One check for each member of `want`. */
const CHECKS = {
  outcome: (wanted: string, { client }) => differ('outcome', wanted, outcomeOf(client), why(client)),
  status: (wanted: number, { client }) => differ('status', wanted, client.status, why(client)),
  kind: (wanted: string, { client }) => differ('kind', wanted, client.error?.kind ?? null, why(client)),
  code: (wanted: string | null, { client }) => differ('code', wanted, client.error?.code ?? null),
  message_has: (wanted: string[], { client }) => missing('message', client.error?.message ?? client.text, wanted),
  requests: (wanted: Record<string, Range>, { requests }) =>
    Object.entries(wanted).flatMap(([group, range]) => {
      const own = requests.filter((request) => request.group === group);
      return within(`requests.${group}`, range, own.length);
    }),
  failed_attempts: (wanted: (string | string[])[], { kept }) => {
    const failed = entriesOf(kept).filter(({ outcome }) => outcome === 'failed');
    const kinds = failed.map(({ kind }) => String(kind));
    const isAs =
      kinds.length === wanted.length && wanted.every((each, index) => [each].flat().includes(kinds[index] ?? ''));
    const messages = failed.map(({ message }) => message).join('; ');
    return isAs ? [] : [`failed_attempts: want ${shown(wanted)}, got ${shown(kinds)} (${messages})`];
  },
  wait_ms: (wanted: Range, { requests: [first, second] }) => {
    if (first === undefined || second === undefined) return ['wait_ms: there were no two requests'];
    return within('wait_ms', wanted, second.atMs - first.atMs, GRACE_MS);
  },
  text: (wanted: string, { client }) => differ('text', wanted, client.answer.text, why(client)),
  done: (wanted: boolean, { client }) => differ('done', wanted, client.done, why(client)),
  live: (wanted: boolean, { expiredHolds }) => differ('live', wanted, expiredHolds === 0),
  comment_frames: (wanted: number, { client }) =>
    differ('comment_frames', wanted, [...client.text.matchAll(/^:.*(?:\r?\n:.*)*\r?\n\r?\n/gm)].length),
  every_event_has_choices: (wanted: boolean, { client }) => {
    const events = (client.events ?? []).map(fieldsOf);
    return differ(
      'every_event_has_choices',
      wanted,
      events.every(({ choices }) => Array.isArray(choices) && choices.length > 0),
    );
  },
  never_keys: (wanted: string[], { client }) => {
    const found = wanted.filter((key) => hasKey(client.events ?? client.json, key));
    return found.map((key) => `never_keys: the client got ${key}`);
  },
  client_has: (wanted: string[], { client }) => missing('client_has', client.text, wanted),
  client_never: (wanted: string[], { client }) => present('client_never', client.text, wanted),
  vectors: (wanted: number, { client }) =>
    differ('vectors', wanted, listOf(fieldsOf(client.json)['data']).length, why(client)),
  headers: (wanted: Record<string, string>, { client }) =>
    Object.entries(wanted).flatMap(([name, value]) => differ(`headers.${name}`, value, client.headers.get(name))),
  kept: (wanted: NonNullable<Want['kept']>, { kept }) => compareKept(wanted, kept),
  rejoin: (_wanted: boolean, { kept, rejoined }) => compareRejoined(kept, rejoined),
  upstream_has: (wanted: string[], { requests }) =>
    wanted.flatMap((text) =>
      isInBody(requests.at(-1), text) ? [] : [`upstream_has: the last request has no ${text}`],
    ),
  upstream_never: (wanted: string[], { requests }) =>
    wanted.flatMap((text) => (isInBody(requests.at(-1), text) ? [`upstream_never: the last request has ${text}`] : [])),
} satisfies Record<keyof Want, Check>;

/** What differs from what a case wants, a line each; empty when nothing does. */
export function compare(want: Want, observed: Observed): string[] {
  return Object.entries(want).flatMap(([member, wanted]) => {
    const check = CHECKS[member as keyof Want] as Check;
    return check(wanted as never, observed);
  });
}

function outcomeOf({ status, events, done, error }: ClientView): 'answer' | 'error' {
  const isWhole = events === null ? error === null : done && error === null;
  return status === 200 && isWhole ? 'answer' : 'error';
}

function why({ status, error, text }: ClientView): string {
  if (error !== null) return ` (${String(error.kind)}: ${error.message})`;
  return status === 200 ? '' : ` (${text.slice(0, 300)})`;
}

function compareKept(wanted: NonNullable<Want['kept']>, kept: KeptCall | null): string[] {
  if (kept === null) return ['kept: no call was named'];
  const answer = ofAnswer(kept.response);
  const output = listOf(fieldsOf(kept.response)['output']);
  const got: Record<keyof typeof wanted, unknown> = {
    state: kept.state,
    text: answer.text,
    all_text: answer.allText,
    reasoning: answer.reasoning,
    finish_reason: answer.finishReason,
    tool_calls: answer.toolCalls,
    output_text: answer.text,
    output_types: output.map(({ type }) => type),
    tokens: at(kept.report, 'tokens.total'),
    has: null,
  };
  return Object.entries(wanted).flatMap(([member, value]) => {
    if (member === 'has') return missing('kept.has', JSON.stringify(kept.response), value as string[]);
    return differ(`kept.${member}`, value, got[member as keyof typeof wanted]);
  });
}

function compareRejoined(kept: KeptCall | null, rejoined: ClientView | null): string[] {
  if (kept === null || rejoined === null) return ['rejoin: no call was named'];
  if (outcomeOf(rejoined) === 'error') return [`rejoin: no whole stream${why(rejoined)}`];
  const { finishReason: _kept, ...wanted } = ofAnswer(kept.response);
  const { finishReason: _rejoined, ...got } = rejoined.answer;
  return differ('rejoin', wanted, got);
}

function entriesOf(kept: KeptCall | null): Record<string, unknown>[] {
  return listOf(at(kept?.report, 'ledger.entries'));
}

/** As a path in the body, or as a text of it. */
function isInBody(request: UpstreamRequest | undefined, text: string): boolean {
  if (request === undefined) return false;
  return at(request.body, text) !== undefined || request.text.includes(text);
}

function hasKey(value: unknown, key: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, inner]) => name === key || hasKey(inner, key));
}

export function missing(name: string, text: string, wanted: readonly string[]): string[] {
  return wanted.filter((each) => !text.includes(each)).map((each) => `${name}: no ${each} in ${text.slice(0, 500)}`);
}

export function present(name: string, text: string, unwanted: readonly string[]): string[] {
  return unwanted.filter((each) => text.includes(each)).map((each) => `${name}: has ${each}`);
}

export function within(name: string, range: Range, got: number, graceMs = 0): string[] {
  const [least, most] = typeof range === 'number' ? [range, range] : range;
  return got >= least && got <= most + graceMs ? [] : [`${name}: want ${shown(range)}, got ${got}`];
}

export function differ(name: string, wanted: unknown, got: unknown, reason = ''): string[] {
  if (isDeepStrictEqual(wanted, got)) return [];
  return [`${name}: want ${shown(wanted)}, got ${shown(got)}${reason}`];
}

function shown(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}
