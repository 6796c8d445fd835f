import { Context } from '@temporalio/activity';
import type { FailureCause, FailureFacts } from '../../src/core/errors/failure-facts.js';
import { InterruptedError, type ProviderAnswer, type ProviderFailure } from '../../src/providers/call-provider.js';
import type { ProviderRequest } from '../../src/providers/provider-request.js';
import type { Chance } from './chance.js';
import type { Process, VirtualTime } from './virtual-time.js';
import type { AttemptOnWorker } from './activity-execution.js';
import type { HoldWatch } from './hold-watch.js';
import type { LimitWatch } from './limit-watch.js';

/** A request that came in. */
export interface Asked {
  readonly who: string;
  /** The provider's name for the model: one for each deployment. */
  readonly model: string;
  readonly atMs: number;
  readonly process: Process;
  /** Of the activity that it was made for; null: the first attempt of a call, by the process that started it. */
  readonly attempt: AttemptOnWorker | null;
  /** When it was over, and how long the caller was asked to stay away. */
  endMs: number | null;
  retryAfterMs: number | null;
  /** Whether the end of its attempt was told in time; null: not yet. */
  told: boolean | null;
  /** Of all requests. */
  readonly number: number;
  /** That its answer has used; 0: it has none. */
  tokens: number;
  /** Events that were passed on, and what became of those of an answer that failed; null: nothing did, or it did not fail. */
  events: number;
  stream: 'withdrawn' | 'delivered' | null;
}

/** How a deployment answers: shares of all requests. */
export type Mood = Readonly<Partial<Record<keyof typeof FAULTS | 'hangs', number>>>;

interface Fault {
  readonly cause: FailureCause;
  readonly mayAskToWait?: boolean;
}

const http = (status: number, error = {}): Fault => ({ cause: { type: 'http', status, error } });

const FAULTS = {
  'rate limit': { ...http(429), mayAskToWait: true },
  'rate limit without a word': http(429),
  'quota is used up': http(429, { code: 'insufficient_quota' }),
  'server error': http(500),
  'bad gateway': http(502),
  overloaded: { ...http(503), mayAskToWait: true },
  'gateway timeout': http(504),
  'bad request': http(400),
  'context window': http(400, { code: 'context_length_exceeded' }),
  'content policy': http(400, { code: 'content_policy_violation' }),
  'wrong key': http(401),
  'not found': http(404),
  conflict: http(409),
  reset: { cause: { type: 'connection', code: 'ECONNRESET', message: 'reset' } },
  'no answer in it': { cause: { type: 'invalid response', message: 'no choices' } },
} as const satisfies Record<string, Fault>;

const LONGEST_MS = 40_000;
const WAITS_MS = [0, 300, 2_000, 15_000, 45_000, 90_000, 600_000];

/** All providers at once: what they are asked, and what they say. */
export class SimProvider {
  readonly asked = new Map<string, Asked[]>();
  private requests = 0;
  private readonly attempts = new WeakMap<Context, AttemptOnWorker>();
  private readonly byAttempt = new Map<AttemptOnWorker, Asked[]>();
  private readonly time: VirtualTime;
  private readonly chance: Chance;
  private readonly moodOf: (model: string) => Mood;
  readonly limits: LimitWatch;
  readonly holds: HoldWatch;

  constructor(
    time: VirtualTime,
    chance: Chance,
    moodOf: (model: string) => Mood,
    limits: LimitWatch,
    holds: HoldWatch,
  ) {
    this.limits = limits;
    this.holds = holds;
    this.time = time;
    this.chance = chance;
    this.moodOf = moodOf;
  }

  begins(context: Context, attempt: AttemptOnWorker): void {
    this.attempts.set(context, attempt);
  }

  /** The end of an attempt came to the server, in time or not. */
  told(attempt: AttemptOnWorker, isHeard: boolean): void {
    for (const asked of this.byAttempt.get(attempt) ?? []) asked.told ??= isHeard;
    this.byAttempt.delete(attempt);
  }

  /** What became of a first attempt that was made in no activity. */
  toldOfFirst(who: string): void {
    const first = (this.asked.get(who) ?? []).filter(({ attempt, endMs }) => attempt === null && endMs !== null);
    for (const asked of first) asked.told ??= true;
  }

  ask(process: Process, request: ProviderRequest): Promise<ProviderAnswer | ProviderFailure> {
    const { model, body, limit, interrupt, passOn } = request;
    const who = whoAsks(body);
    const attempt = this.currentAttempt();
    const asked: Asked = {
      who,
      model,
      atMs: this.time.nowMs,
      process,
      attempt,
      endMs: null,
      retryAfterMs: null,
      told: null,
      number: this.requests++,
      tokens: 0,
      events: 0,
      stream: null,
    };
    this.asked.set(who, [...(this.asked.get(who) ?? []), asked]);
    if (attempt !== null) this.byAttempt.set(attempt, [...(this.byAttempt.get(attempt) ?? []), asked]);
    this.limits.begins(asked);
    this.holds.begins(asked);
    if (interrupt.aborted) return Promise.reject(new InterruptedError(interrupt.reason, null));
    const fault = this.faultOf(model);
    const takesMs = fault === 'hangs' ? Infinity : 1 + this.chance.ms(LONGEST_MS);
    return new Promise((resolve, reject) => {
      const end = <T>(then: (value: T) => void, value: () => T) => {
        interrupt.removeEventListener('abort', abort);
        if (asked.endMs !== null) return;
        asked.endMs = this.time.nowMs;
        then(value());
      };
      const abort = () => {
        if (process.isAlive) end(reject, () => new InterruptedError(interrupt.reason, null));
      };
      interrupt.addEventListener('abort', abort, { once: true });
      const lastMs = Math.min(takesMs, limit.limitMs);
      const pass = (last: boolean): void => {
        if (asked.endMs === null || last) passOn?.([{ data: `${asked.number} ${asked.events++}` }], last, {});
      };
      if (passOn !== undefined && this.chance.is(0.7)) process.after(lastMs * this.chance.random(), () => pass(false));
      process.after(lastMs, () => {
        const isLate = takesMs >= limit.limitMs;
        const late = () => this.failed(request, asked, facts({ type: 'timeout', ...limit }));
        const inTime = () => this.answer(request, fault as keyof typeof FAULTS | null, asked, () => pass(true));
        end(resolve, isLate ? late : inTime);
      });
    });
  }

  private currentAttempt(): AttemptOnWorker | null {
    try {
      return this.attempts.get(Context.current()) ?? null;
    } catch {
      return null;
    }
  }

  private faultOf(model: string): keyof Mood | null {
    let at = this.chance.random();
    for (const [fault, share] of Object.entries(this.moodOf(model))) {
      at -= share;
      if (at < 0) return fault as keyof Mood;
    }
    return null;
  }

  private answer(
    request: ProviderRequest,
    name: keyof typeof FAULTS | null,
    asked: Asked,
    passLast: () => void,
  ): ProviderAnswer | Promise<ProviderFailure> {
    if (name === null) {
      passLast();
      asked.tokens = TOKENS_OF_AN_ANSWER.total;
      return answer(asked);
    }
    const fault: Fault = FAULTS[name];
    if (fault.mayAskToWait !== true || this.chance.is(0.3)) return this.failed(request, asked, facts(fault.cause));
    asked.retryAfterMs = this.chance.of(WAITS_MS);
    return this.failed(request, asked, facts(fault.cause, { 'retry-after-ms': String(asked.retryAfterMs) }));
  }

  /** What was passed on of an answer that fails is taken back, if that can be. */
  private async failed(
    { withdraw }: ProviderRequest,
    asked: Asked,
    failure: ProviderFailure,
  ): Promise<ProviderFailure> {
    if (asked.events === 0) return failure;
    asked.stream = (await withdraw?.()) === true ? 'withdrawn' : 'delivered';
    return asked.stream === 'withdrawn' ? failure : { facts: { ...failure.facts, contentDelivered: true } };
  }
}

function facts(cause: FailureCause, headers: FailureFacts['headers'] = {}): ProviderFailure {
  return { facts: { cause, phase: 'waiting for the answer', headers } };
}

export const TOKENS_OF_AN_ANSWER = { prompt: 5, completion: 5, total: 10 };

function answer({ who, model }: Asked): ProviderAnswer {
  const response = { model, choices: [{ message: { role: 'assistant', content: `to ${who}` } }] };
  return { facts: null, response, status: 200, requestId: null, providerHeaders: {}, tokens: TOKENS_OF_AN_ANSWER };
}

function whoAsks({ messages }: ProviderRequest['body']): string {
  return (messages as { content: string }[])[0]?.content ?? '';
}
