import { ApplicationFailure } from '@temporalio/common';
import { BAD_INPUT, type BatchSpec, type InputIndex } from '../../core/batch/batch.js';
import { fieldsOf } from '../../core/common/fields.js';
import { Unreadable } from '../payload-converter.js';

const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => typeof value === 'number' && value >= 1;
const isObject = (value: unknown) => typeof value === 'object' && value !== null;

/** Without one of these a batch would do nothing, for ever. What values they may have, the client knows. */
const NEEDED: Partial<Record<keyof BatchSpec, (value: unknown) => boolean>> = {
  input: isText,
  output: isText,
  mode: isText,
  concurrency: isCount,
  chunkRows: isCount,
  priority: isCount,
  settings: isObject,
  groupConcurrency: isObject,
};

/**
 * A workflow can be started by hand with anything, or with nothing.
 * @throws ApplicationFailure of type `BadInput`
 */
export function mustBeBatch(input: unknown): void {
  const why = input instanceof Unreadable ? input.why : problemOf(input);
  if (why === null) return;
  const message = `the input of the batch's workflow cannot be read: ${why}`;
  throw ApplicationFailure.create({ type: BAD_INPUT, message, nonRetryable: true });
}

function problemOf(input: unknown): string | null {
  const { spec } = fieldsOf(input);
  const fields = fieldsOf(spec);
  const wrong = Object.entries(NEEDED).filter(([name, isRight]) => !isRight(fields[name]));
  return wrong.length === 0 ? null : `wrong or missing in spec: ${wrong.map(([name]) => name).join(', ')}`;
}

/**
 * What the check of the input found. An activity can be completed by hand, with anything.
 * @throws TypeError for what is none
 */
export function anIndex(index: InputIndex): InputIndex {
  if (typeof index === 'object' && typeof index.chunks === 'number') return index;
  throw new TypeError('the check of its input was completed from outside');
}
