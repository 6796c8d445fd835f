import type { FastifyReply } from 'fastify';
import type { CallResult } from '../core/call/call-types.js';
import { OPERATIONS, type Operation, type OperationRow } from '../core/common/operations.js';
import { responseHeaders, type ReportInHeaders } from '../core/call/response-headers.js';
import type { ProviderEvent, StreamPart } from '../core/call/stream-part.js';
import { ReadAnswer, StreamCut, type Piece, type ReadOptions } from '../streaming/read-answer.js';
import { addHeaders } from './add-headers.js';
import { errorAnswer, type ErrorAnswerOptions } from './error-answer.js';
import { EventStream } from './event-stream.js';
import { Refusal } from './refusal.js';
import { OWN_EVENTS } from './own-events.js';
import { textOf, withOurs } from './stream-text.js';

/** So long an error still gets a status of its own; then the response begins, so that proxies see it live. */
const OPEN_AFTER_MS = 1000;

export interface AnswerStreamOptions extends ReadOptions {
  readonly callId: string;
  readonly keepAliveMs?: number | undefined;
  /** Told once, of the group whose answer begins. */
  readonly onFirstContent: (group: string) => void;
}

/** The streamed answer of one call, as one client gets it. */
export class AnswerStream {
  readonly #reply: FastifyReply;
  readonly #options: AnswerStreamOptions;
  readonly #answer: ReadAnswer;
  readonly #opening: NodeJS.Timeout;
  #events: EventStream | null = null;
  /** Goes out with the next event. */
  #restart: object | null = null;

  constructor(reply: FastifyReply, options: AnswerStreamOptions) {
    this.#reply = reply;
    this.#options = options;
    this.#answer = new ReadAnswer(options);
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
    return this.#answer.isUnfinished;
  }

  /**
   * Sends a part on, and waits until there is room for the next.
   * @throws Refusal when the part restarts the answer and the client did not ask for that
   */
  async take(part: StreamPart): Promise<void> {
    const { of, headers } = part;
    const piece = this.#unlessCut(() => this.#answer.take(part));
    if (piece === null) return;
    this.#begin(piece, { ...of, ...(headers && { providerHeaders: headers }) });
    await this.#send(piece.events);
  }

  /** Ends the answer: with its own last events, or with what the client has missed. */
  async finish(result: CallResult): Promise<void> {
    const { report } = result;
    const piece = this.#unlessCut(() => this.#answer.finish(result));
    this.#begin(piece, report);
    const { callId, operation } = this.#options;
    const end = piece.events.at(-1);
    const facts = responseHeaders({ callId, report, failed: false });
    // A provider that ends its answer in the same event as its text leaves no event for what we know of the call.
    if (end !== undefined) await this.#send([...piece.events.slice(0, -1), withOurs(end, facts)]);
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
  #begin({ begins }: Piece, report: ReportInHeaders): void {
    if (begins === undefined) return;
    const { attempt, insteadOf } = begins;
    if (insteadOf === null) this.#options.onFirstContent(attempt.group);
    else this.#restart = { restart: { ...attempt, instead_of: insteadOf } };
    this.#open(report);
  }

  #unlessCut<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw error instanceof StreamCut ? cutShort(this.#options.callId, error.message) : error;
    }
  }

  #open(report: ReportInHeaders | null): void {
    clearTimeout(this.#opening);
    if (this.#events !== null || this.#reply.raw.destroyed) return;
    const { callId, operation, keepAliveMs } = this.#options;
    addHeaders(this.#reply, responseHeaders({ callId, report, failed: false }));
    this.#events = new EventStream(this.#reply, keepAliveMs, ownEvents(operation).keepAlive);
  }

  async #send(events: readonly ProviderEvent[]): Promise<void> {
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

function cutShort(callId: string, why: string): Refusal {
  return new Refusal({
    kind: 'AttemptsLostError',
    message: `the stream of call ${callId} was cut: ${why}. The whole answer: GET /holdfast/calls/${callId}`,
    callId,
  });
}
