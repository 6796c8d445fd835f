import { OPERATIONS, type Operation, type OperationRow } from '../core/common/operations.js';
import type { RestOfAnswer } from './rest-of-answer.js';
import { RestOfChoices } from './rest-of-choices.js';
import { RestOfMessage } from './rest-of-message.js';
import { RestOfResponse } from './rest-of-response.js';

/** Keeps track of what the reader of a streamed answer got. */
export function trackAnswer(operation: Operation): RestOfAnswer {
  const { stream }: OperationRow = OPERATIONS[operation];
  if (stream === null) throw new Error(`${operation} is not streamed`);
  return TRACKERS[stream]();
}

const TRACKERS: Readonly<Record<NonNullable<OperationRow['stream']>, () => RestOfAnswer>> = {
  messages: () => new RestOfChoices('messages'),
  texts: () => new RestOfChoices('texts'),
  events: () => new RestOfResponse(),
  blocks: () => new RestOfMessage(),
};
