import type { OperationRow } from '../core/common/operations.js';
import type { ProviderEvent } from '../core/call/stream-part.js';
import { fieldsOf } from '../core/common/fields.js';
import { anthropicError } from './anthropic-errors.js';
import type { ErrorAnswer } from './error-answer.js';
import { COMMENT } from './event-stream.js';
import { DONE, textOf } from './stream-text.js';

/** What the gateway itself says in a stream. */
interface OwnEvents {
  /** What follows the last event of a whole answer. */
  readonly done: (last: ProviderEvent | undefined) => string;
  /** What keeps a silent stream alive. */
  readonly keepAlive: string;
  /** The event that says that a stream broke. */
  readonly broken: (answer: ErrorAnswer) => ProviderEvent;
}

/** What ends a message. */
const STOP = 'message_stop';

const CHUNKS: OwnEvents = {
  done: () => DONE,
  keepAlive: COMMENT,
  broken: (answer) => ({ data: JSON.stringify({ error: described(answer) }) }),
};

/** By the form of the stream, as the API that it is of would say it. */
export const OWN_EVENTS: Readonly<Record<NonNullable<OperationRow['stream']>, OwnEvents>> = {
  messages: CHUNKS,
  texts: CHUNKS,
  events: {
    done: () => '',
    keepAlive: COMMENT,
    broken: (answer) => {
      const error = described(answer);
      return { event: 'error', data: JSON.stringify({ ...error, type: 'error', error }) };
    },
  },
  blocks: {
    // Clients take a message for broken without it; not all who offer the API send it.
    done: (last) => (last === undefined || typeOf(last) === STOP ? '' : plainEvent(STOP)),
    keepAlive: plainEvent('ping'),
    broken: (answer) => {
      const { error, ...others } = anthropicError(answer);
      const { status, holdfast } = described(answer);
      return { event: 'error', data: JSON.stringify({ ...others, error: { ...error, status, holdfast } }) };
    },
  },
};

/** Not all give their events a name. */
function typeOf({ data }: ProviderEvent): unknown {
  return fieldsOf(JSON.parse(data))['type'];
}

function plainEvent(type: string): string {
  return textOf([{ event: type, data: JSON.stringify({ type }) }]);
}

function described({ status, headers, body }: ErrorAnswer) {
  return { ...body.error, status, holdfast: headers };
}
