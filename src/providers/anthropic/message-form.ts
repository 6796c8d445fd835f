import { finishMeaning } from '../../core/errors/tables/finish-reasons.js';
import { without, type AnswerForm } from '../answer-form.js';
import { whyNothing } from '../empty-answer.js';
import { fieldsOf } from '../../core/common/fields.js';

/** A message says how it came to its end. One without a block is one: the model had nothing to add. */
export const MESSAGE_FORM: AnswerForm = {
  hasFailed: () => false,
  isBlocked: ({ stop_reason: reason }) => finishMeaning(reason) === 'blocked',
  whyNone(body, blocks) {
    const { stop_reason: reason, content } = body;
    if (!Array.isArray(content)) return without('content');
    return whyNothing('stop_reason', body, [{ reason, native: undefined, content: blocks.map(saidByBlock) }]);
  },
};

/** Blocks other than texts and thoughts say something by being there. */
function saidByBlock(block: unknown): unknown {
  const { type, text, thinking, signature } = fieldsOf(block);
  return type === 'text' || type === 'thinking' ? [text, thinking, signature] : type;
}
