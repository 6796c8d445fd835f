import { OPERATIONS, type Operation } from '../../core/common/operations.js';
import { finishMeaning } from '../../core/errors/tables/finish-reasons.js';
import { plainForm, without, type AnswerForm } from '../answer-form.js';
import { whyNothing } from '../empty-answer.js';
import { fieldsOf } from '../../core/common/fields.js';

/** Each choice says how it came to its end. */
const CHOICES: AnswerForm = {
  hasFailed: () => false,
  isBlocked: (_, choices) =>
    choices.length > 0 && choices.every((choice) => finishMeaning(fieldsOf(choice)['finish_reason']) === 'blocked'),
  whyNone(body, choices) {
    if (choices.length === 0) return without('choices');
    return whyNothing('finish_reason', body, choices.map(saidByChoice));
  },
};

function saidByChoice(choice: unknown) {
  const { finish_reason: reason, native_finish_reason: native, message, text } = fieldsOf(choice);
  return { reason, native, content: [message, text] };
}

/** Statuses of a response without an answer. */
const UNFINISHED: readonly unknown[] = ['queued', 'in_progress', 'cancelled'];

/** A response has a status. */
const RESPONSE: AnswerForm = {
  hasFailed: ({ status }) => status === 'failed',
  isBlocked: ({ status, incomplete_details: details }) =>
    status === 'incomplete' && fieldsOf(details)['reason'] === 'content_filter',
  whyNone(body, items) {
    const { status } = body;
    // Cut short by a limit of the request: what there is, is the answer.
    if (status === 'incomplete') return null;
    if (UNFINISHED.includes(status)) return `the provider answered 200 with the status ${String(status)}`;
    return items.length === 0 ? without('output') : whyNothing('finish_reason', body, items.map(saidByItem));
  },
};

/** Items other than messages and thoughts say something by being there. */
function saidByItem(item: unknown) {
  const { type, content, summary, encrypted_content: encrypted, finish_reason: reason } = fieldsOf(item);
  const isText = type === 'message' || type === 'reasoning';
  return { reason, native: undefined, content: isText ? [content, summary, encrypted] : type };
}

const FORMS: { readonly [operation in Operation]?: AnswerForm } = {
  'chat.completions': CHOICES,
  completions: CHOICES,
  responses: RESPONSE,
};

export function answerForm(operation: Operation): AnswerForm {
  return FORMS[operation] ?? plainForm(OPERATIONS[operation].answer);
}
