import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { FailureCause, ProviderError, Tokens } from '../../core/errors/failure-facts.js';
import { bytesOver, MAX_PAYLOAD_BYTES } from '../../core/common/limits.js';
import type { ProviderEvent } from '../../core/call/stream-part.js';
import { errorIn200 } from '../error-in-200.js';
import { fieldsOf } from '../../core/common/fields.js';
import { pageText, parseJson, providerErrorOf } from '../provider-error.js';
import { tokensOf } from '../tokens.js';
import type { Assembler } from './assembler.js';
import { isHeartbeat } from './heartbeat.js';
import type { HeldEvents } from './held-events.js';

/** What a body was, once it is over. */
export type StreamEnd =
  | { readonly type: 'answer'; readonly response: unknown }
  | { readonly type: 'broken'; readonly cause: FailureCause }
  /** No event was in it: an answer that is no stream, though one was asked for. */
  | { readonly type: 'no stream'; readonly bodyText: string };

/** Reads a stream of server-sent events as it comes, and puts the answer together. */
export class StreamReader {
  private readonly secrets: readonly string[];
  private readonly held: HeldEvents | null;
  private readonly mostBytes: number;
  private readonly assembler: Assembler;
  private readonly parser = createParser({
    onEvent: (event) => {
      for (const one of eventsIn(event)) this.takeEvent(one);
    },
  });
  /** What came before the first event. */
  private textBefore = '';
  private hasEvents = false;
  private saidDone = false;
  private cause: FailureCause | null = null;
  private sizeSinceCheck = 0;
  private sizeSinceEvent = 0;

  /**
   * @param held - collects the events for a reader. @default there is none
   * @param mostBytes - the largest answer that can be kept, in bytes of JSON
   */
  constructor(
    assembler: Assembler,
    secrets: readonly string[],
    held: HeldEvents | null = null,
    mostBytes: number = MAX_PAYLOAD_BYTES,
  ) {
    this.assembler = assembler;
    this.secrets = secrets;
    this.held = held;
    this.mostBytes = mostBytes;
  }

  /** Whether anything came that a reader of the stream would have seen. */
  get hasContent(): boolean {
    return this.assembler.hasContent;
  }

  /** The tokens that the provider has told of so far. */
  get tokens(): Tokens | null {
    return tokensOf(this.assembler.usage);
  }

  /** Takes the next piece of the body. False: the rest does not matter. */
  take(text: string): boolean {
    if (!this.hasEvents) this.textBefore += text;
    this.sizeSinceEvent += text.length;
    this.sizeSinceCheck += text.length;
    this.parser.feed(text);
    this.checkSize();
    return !this.isOver;
  }

  /** Events that a reader may see now: none before the first content, and none of an end that is still to be judged. */
  passable(): ProviderEvent[] {
    return this.hasContent && this.cause === null ? (this.held?.takePassable() ?? []) : [];
  }

  /** The events of the end, once the answer was judged a good one; null: it was no stream, or events are missing. */
  lastEvents(): ProviderEvent[] | null {
    return this.held === null || !this.hasEvents || this.held.areLost ? null : this.held.takeAll();
  }

  /** What the body was; to be asked when it came to its end, not when it was cut. */
  end(): StreamEnd {
    // The last event may lack the empty line that would end it.
    if (!this.isOver) this.parser.feed('\n\n');
    if (this.cause !== null) return { type: 'broken', cause: this.cause };
    if (!this.hasEvents) return { type: 'no stream', bodyText: this.textBefore };
    if (this.assembler.isWhole(this.saidDone)) return { type: 'answer', response: this.assembler.response() };
    const message = 'the stream ended before the answer was complete, without a finish reason or [DONE]';
    return { type: 'broken', cause: { type: 'invalid response', message } };
  }

  private get isOver(): boolean {
    return this.saidDone || this.cause !== null || this.assembler.isOver;
  }

  private takeEvent({ event, data }: EventSourceMessage): void {
    if (this.isOver) return;
    this.hasEvents = true;
    this.textBefore = '';
    this.sizeSinceEvent = 0;
    if (DONE.test(data)) {
      this.saidDone = true;
      return;
    }
    const chunk = parseJson(data);
    if (isHeartbeat(event, data, chunk)) return;
    const fields = fieldsOf(chunk);
    const error =
      event === 'error' ? this.errorOf(chunk, data) : errorIn200(chunk, this.assembler.isPiece(fields), this.secrets);
    if (error !== null) {
      this.cause = { type: 'error in a 200', error };
    } else if (typeof chunk !== 'object' || chunk === null) {
      const message = `the stream has an event that is no JSON object: ${pageText(data, this.secrets)}`;
      this.cause = { type: 'invalid response', message };
    } else {
      const mark = this.assembler.add(fields);
      this.held?.add(event === undefined ? { data } : { event, data }, fields, mark);
    }
  }

  /** The error of an event that is one by its name. */
  private errorOf(chunk: unknown, data: string): ProviderError {
    return chunk === undefined ? { message: pageText(data, this.secrets) } : providerErrorOf(chunk, this.secrets);
  }

  /** The frames of a stream are many times its text: only what is kept counts, and a single event that has no end. */
  private checkSize(): void {
    if (this.cause !== null) return;
    const { mostBytes } = this;
    if (this.sizeSinceEvent > 4 * mostBytes) {
      this.cause = { type: 'answer too large', bytes: this.sizeSinceEvent, mostBytes };
    } else if (this.sizeSinceCheck > mostBytes) {
      this.sizeSinceCheck = 0;
      const bytes = bytesOver([this.assembler.response()], mostBytes);
      if (bytes !== null) this.cause = { type: 'answer too large', bytes, mostBytes };
    }
  }
}

/**
 * Some end events with a single line feed (seen of servers that line-based clients read): each line that is whole by itself
 * is an event of its own then.
 */
function eventsIn(event: EventSourceMessage): EventSourceMessage[] {
  const lines = event.data.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || parseJson(event.data) !== undefined) return [event];
  const areWhole = lines.every((line) => DONE.test(line) || typeof parseJson(line) === 'object');
  return areWhole ? lines.map((data) => ({ ...event, data })) : [event];
}

/** What ends a stream; some write it as JSON, or in small letters. */
const DONE = /^\s*"?\[done\]"?\s*$/i;
