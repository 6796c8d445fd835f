import { OPERATIONS, type Operation, type OperationRow } from '../core/common/operations.js';
import type { RestOfAnswer } from './rest-of-answer.js';
import { RestOfChoices } from './rest-of-choices.js';
import { RestOfResponse } from './rest-of-response.js';

/** Keeps track of what the reader of a streamed answer got. */
export function trackAnswer(operation: Operation): RestOfAnswer {
  const { stream }: OperationRow = OPERATIONS[operation];
  if (stream === null) throw new Error(`${operation} is not streamed`);
  return stream === 'events' ? new RestOfResponse() : new RestOfChoices(stream);
}
