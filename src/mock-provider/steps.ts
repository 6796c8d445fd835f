import { z } from 'zod';
import { ERROR_NAMES, type ErrorName } from './error-bodies.js';

/** How a scripted stream ends. `end` closes the response cleanly but without finish reason and `[DONE]`. */
const STREAM_ENDINGS = ['done', 'reset', 'hang', 'error', 'malformed', 'end'] as const;
type StreamEnding = (typeof STREAM_ENDINGS)[number];

/**
 * What the provider does with one request. An empty step is a good answer.
 * At most one of `error`, `body`, `raw`, `content`, `large`, `sse`, `hang` and `reset` is given.
 */
export interface Step {
  /** HTTP status. @default 200, with `error` the status that the named error has, or else 500 */
  status?: number;
  /** Response headers; the value `@date+3` is the HTTP date 3 seconds ahead. */
  headers?: Record<string, string>;
  /** The body is `{"error": …}`: the given object, or a body from the table of error bodies by its name. */
  error?: ErrorName | Record<string, unknown>;
  /** The body as JSON. */
  body?: unknown;
  /** The body as text, sent as it is. */
  raw?: string;
  /** A good answer with this text. */
  content?: string;
  /** @default "stop" */
  finish_reason?: string;
  /** A good answer with a text of this many bytes. */
  large?: number;
  /** Never answer; the connection stays open. */
  hang?: true;
  /** Reset the connection before a response. */
  reset?: true;
  /** Send half of the body, then reset the connection. */
  cut?: true;
  /** Send the body in this many pieces, with a pause of this many seconds before each. */
  drip?: [pieces: number, pauseSeconds: number];
  /** Seconds to wait before anything else; takes the place of the provider's `latencyMs`. */
  delay?: number;
  /** Pieces of text of a streamed answer. A request that is not for a stream gets the whole text at once. */
  sse?: string[];
  /** How the stream of `sse` ends. @default "done" */
  then?: StreamEnding;
  /** Wait until the provider is told to go on, by `release()`: in a stream after its text, else before the answer. */
  hold?: true;
}

/** Steps in order, or the same as a fault name. The last step repeats. */
type Steps = readonly Step[] | string;

/**
 * A model that fails now and then. What a prompt meets at its first request, at its second, and so on depends on nothing
 * else: not on the order of the prompts, nor on the time.
 */
export interface Mix {
  /** The share of requests that fail, 0 to 1. */
  rate: number;
  /** One of these is picked for each, all as often. A fault name counts as the list of its faults. */
  faults: Steps;
  /** Another one gives other picks. @default 0 */
  seed?: number;
}

/** What one model does. */
export type ModelScript = Steps | Mix;

/** What each model does, by the name that the provider receives. */
export type Script = Readonly<Record<string, ModelScript>>;

const ANSWERS = ['error', 'body', 'raw', 'content', 'large', 'sse', 'hang', 'reset'] as const;

/** setTimeout takes at most 2^31 - 1 ms and fires at once above that. */
const seconds = z.number().min(0).max(2_147_483);

const httpToken = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'not a header name');
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'a header value is one line of Latin-1');

export const stepSchema = z
  .strictObject({
    status: z.int().min(200).max(599).exactOptional(),
    headers: z.record(httpToken, headerValue).exactOptional(),
    error: z.union([z.enum(ERROR_NAMES), z.record(z.string(), z.unknown())]).exactOptional(),
    body: z.unknown().exactOptional(),
    raw: z.string().exactOptional(),
    content: z.string().exactOptional(),
    finish_reason: z.string().exactOptional(),
    large: z.int().min(0).exactOptional(),
    hang: z.literal(true).exactOptional(),
    reset: z.literal(true).exactOptional(),
    cut: z.literal(true).exactOptional(),
    drip: z.tuple([z.int().min(1), seconds]).exactOptional(),
    delay: seconds.exactOptional(),
    sse: z.array(z.string()).exactOptional(),
    // oxlint-disable-next-line unicorn/no-thenable -- the key is part of the form of scripts
    then: z.enum(STREAM_ENDINGS).exactOptional(),
    hold: z.literal(true).exactOptional(),
  })
  .superRefine((step, context) => {
    const complain = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    const [first, second] = ANSWERS.filter(
      (key) => step[key] !== undefined && !(key === 'error' && step.then === 'error'),
    );
    if (first !== undefined && second !== undefined) complain(second, `cannot stand beside "${first}"`);
    if (step.then !== undefined && step.sse === undefined) complain('then', 'needs "sse"');
    if (step.cut && step.drip) complain('cut', 'cannot stand beside "drip"');
  }) satisfies z.ZodType<Step>;

export const stepsSchema = z.array(stepSchema).min(1);

export const mixSchema = z.strictObject({
  rate: z.number().min(0).max(1),
  faults: z.union([z.string(), stepsSchema]),
  seed: z.int().exactOptional(),
}) satisfies z.ZodType<Mix>;
