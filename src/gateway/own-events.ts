import type { OperationRow } from '../core/common/operations.js';
import type { ProviderEvent } from '../core/call/stream-part.js';
import { anthropicError } from './anthropic-errors.js';
import type { ErrorAnswer } from './error-answer.js';
import { COMMENT } from './event-stream.js';
import { DONE, textOf } from './stream-text.js';

/** What the gateway itself says in a stream. */
interface OwnEvents {
  /** What follows the last event of a whole answer. */
  readonly done: string;
  /** What keeps a silent stream alive. */
  readonly keepAlive: string;
  /** The event that says that a stream broke. */
  readonly broken: (answer: ErrorAnswer) => ProviderEvent;
}

const CHUNKS: OwnEvents = {
  done: DONE,
  keepAlive: COMMENT,
  broken: (answer) => ({ data: JSON.stringify({ error: described(answer) }) }),
};

/** By the form of the stream, as the API that it is of would say it. */
export const OWN_EVENTS: Readonly<Record<NonNullable<OperationRow['stream']>, OwnEvents>> = {
  messages: CHUNKS,
  texts: CHUNKS,
  events: {
    done: '',
    keepAlive: COMMENT,
    broken: (answer) => {
      const error = described(answer);
      return { event: 'error', data: JSON.stringify({ ...error, type: 'error', error }) };
    },
  },
  blocks: {
    done: '',
    keepAlive: textOf([{ event: 'ping', data: JSON.stringify({ type: 'ping' }) }]),
    broken: (answer) => {
      const { error, ...others } = anthropicError(answer);
      const { status, holdfast } = described(answer);
      return { event: 'error', data: JSON.stringify({ ...others, error: { ...error, status, holdfast } }) };
    },
  },
};

function described({ status, headers, body }: ErrorAnswer) {
  return { ...body.error, status, holdfast: headers };
}
