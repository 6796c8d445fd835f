import { describe, expect, test } from 'vitest';
import { classify } from '../../../src/core/errors/classify.js';
import type { FailureCause, ProviderError } from '../../../src/core/errors/failure-facts.js';
import { NOW_MS } from '../build.js';

function judged(cause: FailureCause) {
  return classify({ cause, phase: 'reading the answer', headers: {} }, NOW_MS);
}

describe('state that is not at this deployment may be at another one', () => {
  test.each<[what: string, status: number, error: ProviderError, lostState: true | undefined]>([
    ['a response', 400, { code: 'previous_response_not_found' }, true],
    ['a response, in words', 400, { message: "Previous response with id 'resp_0' not found." }, true],
    ['an encrypted item', 400, { message: 'The encrypted content gAAA could not be verified.' }, true],
    ['an item', 400, { message: "Item with id 'rs_1' not found. Items are not persisted when store is false" }, true],
    ['a file', 400, { message: 'No such File object: file-1' }, true],
    ['a conversation', 400, { message: "Conversation with id 'conv_1' not found." }, true],
    ['a response that does not exist', 400, { message: 'Response resp_0 does not exist.' }, true],
    ['a container', 400, { message: 'Container is expired.' }, true],
    ['an item of another organization', 400, { message: 'Encrypted content organization_id did not match' }, true],
    ['a form of response that is unknown', 400, { message: 'response_format: name not found' }, undefined],
    ['a signature', 400, { message: 'Corrupted thought signature.' }, true],
    ['nothing of the kind', 400, { message: 'messages: required' }, undefined],
    ['another status, which moves by itself', 404, { code: 'previous_response_not_found' }, undefined],
  ])('%s', (_, status, error, lostState) => {
    expect(judged({ type: 'http', status, error }).lostState).toBe(lostState);
  });
});
