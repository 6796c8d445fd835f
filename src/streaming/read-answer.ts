import type { CallReport, CallResult } from '../core/call/call-types.js';
import type { Operation } from '../core/common/operations.js';
import {
  sameAttempt,
  type AttemptOfStream,
  type ProviderEvent,
  type StreamedAttempt,
  type StreamPart,
} from '../core/call/stream-part.js';
import type { RestOfAnswer } from './rest-of-answer.js';
import { trackAnswer } from './track-answer.js';

export interface ReadOptions {
  readonly operation: Operation;
  /** Whether the answer may begin again, after a part of it was read. */
  readonly mayRestart: boolean;
  /** Whether the reader asked for the tokens at the end. */
  readonly showsUsage: boolean;
}

type AttemptId = Pick<StreamedAttempt, 'group' | 'attempt'>;

/** Events for the reader. */
export interface Piece {
  /** Set where they are of another attempt than those before. */
  readonly begins?: { readonly attempt: AttemptId; readonly insteadOf: AttemptId | null };
  readonly events: readonly ProviderEvent[];
}

/** The stream of an answer cannot be told on. The call goes on. */
export class StreamCut extends Error {
  override readonly name = 'StreamCut';
}

/** The streamed answer of one call, as its reader gets it: one attempt's answer, from its first event to its last. */
export class ReadAnswer {
  readonly #options: ReadOptions;
  /** The attempt whose answer the reader gets, and what they got of it. */
  #current: AttemptOfStream | null = null;
  #sent: RestOfAnswer;
  /** The end of the answer, which is told when the call has ended. */
  #last: readonly ProviderEvent[] | null = null;
  /** Attempts that the reader saw a part of, before another began. */
  readonly #left: AttemptOfStream[] = [];

  constructor(options: ReadOptions) {
    this.#options = options;
    this.#sent = trackAnswer(options.operation);
  }

  /** Whether a part of an answer was told of which the end has not come. */
  get isUnfinished(): boolean {
    return this.#current !== null && this.#last === null;
  }

  /**
   * What the reader gets of a part; null: nothing.
   * @throws StreamCut when the part restarts the answer and the reader did not ask for that
   */
  take({ of, events, last }: StreamPart): Piece | null {
    // An attempt that was given up may still have a word to say.
    if (this.#left.some((attempt) => sameAttempt(attempt, of))) return null;
    const begun = this.#begin(of);
    if (last) {
      this.#last = events;
      return { ...begun, events: [] };
    }
    for (const event of events) this.#sent.add(event);
    return { ...begun, events };
  }

  /**
   * The end of the answer: its own last events, or what the reader has missed.
   * @throws StreamCut when what the reader got is not the beginning of this answer
   */
  finish({ response, report }: CallResult): Piece {
    // The run that answered has a report of its own: whether what was read is of it, the answer shows.
    const begun = this.#begin({ ...answeredAttempt(report), ...(this.#current?.run && { run: this.#current.run }) });
    const events = this.#last ?? this.#sent.rest(response, this.#options.showsUsage);
    if (events === null) throw new StreamCut('what came of its stream is not the beginning of its answer');
    return { ...begun, events };
  }

  #begin(begun: AttemptOfStream): Pick<Piece, 'begins'> {
    const insteadOf = this.#current;
    if (insteadOf !== null) {
      if (sameAttempt(insteadOf, begun)) return {};
      if (!this.#options.mayRestart) {
        throw new StreamCut('another attempt restarted the answer, which is not sent after a part of the first one');
      }
      this.#left.push(insteadOf);
      this.#sent = trackAnswer(this.#options.operation);
      this.#last = null;
    }
    this.#current = begun;
    return { begins: { attempt: idOf(begun), insteadOf: insteadOf && idOf(insteadOf) } };
  }
}

function idOf({ group, attempt }: AttemptOfStream): AttemptId {
  return { group, attempt };
}

/** The attempt that the answer of a call is from. */
function answeredAttempt({ ledger, group }: CallReport): AttemptId {
  const entry = ledger.entries.findLast(({ outcome }) => outcome === 'answered');
  return { group, attempt: entry?.attempt ?? 0 };
}
