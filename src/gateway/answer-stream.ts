import type { FastifyReply } from 'fastify';
import type { CallReport, CallResult } from '../core/call/call-types.js';
import { OPERATIONS, type Operation, type OperationRow } from '../core/common/operations.js';
import { responseHeaders, type ReportInHeaders } from '../core/call/response-headers.js';
import { sameAttempt, type ProviderEvent, type StreamedAttempt, type StreamPart } from '../core/call/stream-part.js';
import type { RestOfAnswer } from '../streaming/rest-of-answer.js';
import { trackAnswer } from '../streaming/track-answer.js';
import { addHeaders } from './add-headers.js';
import { errorAnswer, type ErrorAnswerOptions } from './error-answer.js';
import { EventStream } from './event-stream.js';
import { Refusal } from './refusal.js';
import { OWN_EVENTS } from './own-events.js';
import { textOf, withOurs } from './stream-text.js';

/** So long an error still gets a status of its own; then the response begins, so that proxies see it live. */
const OPEN_AFTER_MS = 1000;

export interface AnswerStreamOptions {
  readonly callId: string;
  readonly operation: Operation;
  readonly mayRestart: boolean;
  /** Whether the client asked for the tokens at the end. */
  readonly showsUsage: boolean;
  readonly keepAliveMs?: number | undefined;
  /** Told once, of the group whose answer begins. */
  readonly onFirstContent: (group: string) => void;
}

type AttemptId = Pick<StreamedAttempt, 'group' | 'attempt'>;

/** The streamed answer of one call, as one client gets it. */
export class AnswerStream {
  readonly #reply: FastifyReply;
  readonly #options: AnswerStreamOptions;
  readonly #opening: NodeJS.Timeout;
  #events: EventStream | null = null;
  /** The attempt whose answer the client gets, and what it got of it. */
  #current: AttemptId | null = null;
  #sent: RestOfAnswer;
  /** The end of the answer, which is shown when the call has ended. */
  #last: readonly ProviderEvent[] | null = null;
  /** Attempts that the client saw a part of, before another began. */
  readonly #left: AttemptId[] = [];
  /** Goes out with the next event. */
  #restart: object | null = null;

  constructor(reply: FastifyReply, options: AnswerStreamOptions) {
    this.#reply = reply;
    this.#options = options;
    this.#sent = trackAnswer(options.operation);
    this.#opening = setTimeout(() => this.#open(null), OPEN_AFTER_MS);
  }

  /** To be called in the end, however it came. A response that has no end then is cut, so that it does not look whole. */
  close(): void {
    clearTimeout(this.#opening);
    if (this.isOpen && !this.#reply.raw.writableEnded) this.#reply.raw.destroy();
  }

  /** Whether the response has begun: an error has no status of its own any more. */
  get isOpen(): boolean {
    return this.#events !== null;
  }

  /** Whether a part of an answer was sent of which the end has not come. */
  get isUnfinished(): boolean {
    return this.#current !== null && this.#last === null;
  }

  /**
   * Sends a part on, and waits until there is room for the next.
   * @throws Refusal when the part restarts the answer and the client did not ask for that
   */
  async take({ of, events, last, headers }: StreamPart): Promise<void> {
    // An attempt that was given up may still have a word to say.
    if (this.#left.some((attempt) => sameAttempt(attempt, of))) return;
    this.#begin(of, { ...of, ...(headers && { providerHeaders: headers }) });
    if (last) this.#last = events;
    else await this.#send(events);
  }

  /** Ends the answer: with its own last events, or with what the client has missed. */
  async finish({ response, report }: CallResult): Promise<void> {
    this.#begin(answeredAttempt(report), report);
    const { callId, operation, showsUsage } = this.#options;
    const rest = this.#last ?? this.#sent.rest(response, showsUsage);
    if (rest === null) throw cutShort(callId, 'what came of its stream is not the beginning of its answer');
    const end = rest.at(-1);
    const facts = responseHeaders({ callId, report, failed: false });
    // A provider that ends its answer in the same event as its text leaves no event for what we know of the call.
    if (end !== undefined) await this.#send([...rest.slice(0, -1), withOurs(end, facts)]);
    const done = ownEvents(operation).done(end);
    if (done !== '') await this.#events?.sendText(done);
    this.#events?.end();
  }

  /** Ends an answer that has begun with an error. There is no `[DONE]`: it must not look whole. */
  async fail(error: unknown, answerOptions: ErrorAnswerOptions): Promise<void> {
    const event = ownEvents(this.#options.operation).broken(errorAnswer(error, answerOptions));
    await this.#events?.sendText(textOf([event]));
    this.#events?.end();
  }

  /** The client gets the answer of this attempt from here on. */
  #begin(attempt: AttemptId, report: ReportInHeaders): void {
    const before = this.#current;
    if (before !== null && sameAttempt(before, attempt)) return;
    if (before !== null) {
      if (!this.#options.mayRestart) throw begunAnew(this.#options.callId);
      this.#left.push(before);
      this.#restart = { restart: { group: attempt.group, attempt: attempt.attempt, instead_of: before } };
      this.#sent = trackAnswer(this.#options.operation);
      this.#last = null;
    } else this.#options.onFirstContent(attempt.group);
    this.#current = { group: attempt.group, attempt: attempt.attempt };
    this.#open(report);
  }

  #open(report: ReportInHeaders | null): void {
    clearTimeout(this.#opening);
    if (this.#events !== null || this.#reply.raw.destroyed) return;
    const { callId, operation, keepAliveMs } = this.#options;
    addHeaders(this.#reply, responseHeaders({ callId, report, failed: false }));
    this.#events = new EventStream(this.#reply, keepAliveMs, ownEvents(operation).keepAlive);
  }

  async #send(events: readonly ProviderEvent[]): Promise<void> {
    for (const event of events) this.#sent.add(event);
    const [first, ...others] = events;
    if (first === undefined) return;
    const opening = this.#restart === null ? first : withOurs(first, this.#restart);
    this.#restart = null;
    await this.#events?.sendText(textOf([opening, ...others]));
  }
}

function ownEvents(operation: Operation): (typeof OWN_EVENTS)[keyof typeof OWN_EVENTS] {
  const { stream }: OperationRow = OPERATIONS[operation];
  // Only what is streamed has a stream.
  return OWN_EVENTS[stream ?? 'events'];
}

/** The attempt that the answer of a call is from. */
function answeredAttempt({ ledger, group }: CallReport): AttemptId {
  const entry = ledger.entries.findLast(({ outcome }) => outcome === 'answered');
  return { group, attempt: entry?.attempt ?? 0 };
}

function begunAnew(callId: string): Refusal {
  return cutShort(callId, 'another attempt restarted the answer, which is not sent after a part of the first one');
}

function cutShort(callId: string, why: string): Refusal {
  return new Refusal({
    kind: 'AttemptsLostError',
    message: `the stream of call ${callId} was cut: ${why}. The whole answer: GET /holdfast/calls/${callId}`,
    callId,
  });
}
