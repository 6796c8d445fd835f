import Anthropic from '@anthropic-ai/sdk';
import { ApplicationFailure } from '@temporalio/common';
import { APICallError } from 'ai';
import { OpenAI } from 'openai';
import { expect, test } from 'vitest';
import { withFinalFailures } from '../../src/activity.js';
import { NotFoundError } from '../../src/client.js';

const told = { message: 'no such model', type: 'invalid_request_error', kind: 'NotFoundError' };
const headers = (again: boolean) => ({ 'x-should-retry': String(again) });
const openAi = (again: boolean) => new OpenAI.NotFoundError(404, told, undefined, new Headers(headers(again)));
const vercel = (responseHeaders?: Record<string, string>, responseBody = JSON.stringify({ error: told })) =>
  new APICallError({
    message: 'Not Found',
    url: '',
    requestBodyValues: {},
    ...(responseHeaders && { responseHeaders }),
    responseBody,
  });

async function failureOf(error: unknown): Promise<unknown> {
  try {
    return await withFinalFailures(async () => {
      throw error;
    });
  } catch (failure) {
    return failure;
  }
}

test.each<[what: string, error: Error, type: string]>([
  ['the client', new NotFoundError({ kind: 'NotFoundError', message: 'no such model' }), 'NotFoundError'],
  ["OpenAI's client", openAi(false), 'NotFoundError'],
  [
    "Anthropic's client",
    new Anthropic.NotFoundError(404, { type: 'error', error: told }, undefined, new Headers(headers(false))),
    'NotFoundError',
  ],
  ["Vercel's AI SDK", vercel(headers(false)), 'NotFoundError'],
  ["Vercel's AI SDK, of an answer that is no JSON", vercel(headers(false), '<html>'), 'AI_APICallError'],
])('a call that failed fails the activity for good: by %s', async (_what, error, type) => {
  const failure = await failureOf(error);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ type, nonRetryable: true, message: error.message, cause: error });
});

test.each<[what: string, error: unknown]>([
  ['what the gateway says may be sent again', openAi(true)],
  ['the same, by the AI SDK', vercel(headers(true))],
  ['a gateway that cannot be reached', new OpenAI.APIConnectionError({})],
  ['the same, by the AI SDK', vercel()],
  ['another error', new Error('no disk')],
  ['what is no error', 'thrown'],
])('left to the retry policy of the activity: %s', async (_what, error) => {
  expect(await failureOf(error)).toBe(error);
});

test('an answer is an answer', async () => {
  expect(await withFinalFailures(async () => 'one')).toBe('one');
});
