import { describe, expect, test } from 'vitest';
import { answeredRecord, attemptedRecord, failedRecord } from '../../src/batch/index.js';
import type { CallFailure } from '../../src/core/call/call-types.js';
import { ERROR_KIND_NAMES } from '../../src/core/errors/error-kinds.js';
import { NOW_MS, progress } from '../core/build.js';
import { attempt, report } from './record.js';

const ROW = { row: 17, customId: 'row "17"\n' };
const CONTEXT = { batchId: 'batch-1', round: 1 };
const ID = expect.stringMatching(/^batch_req_[0-9a-f]{32}$/) as string;

/** A failure of this kind after an attempt that the provider answered so. */
function failure(kind: CallFailure['kind'], status: number, set: Partial<CallFailure> = {}): CallFailure {
  const entry = attempt(1, { outcome: 'failed', kind, status, requestId: 'req-1' });
  return { kind, status, message: `${kind} of a test`, report: report([entry]), ...set };
}

describe('a line of output.jsonl', () => {
  test("has OpenAI's shape, the answer unchanged, and the report", () => {
    const response = { id: 'chatcmpl-1', choices: [{ message: { content: 'a\tb\n\u2028"' } }], unknown: [1e21] };
    const its = report([attempt(1, { requestId: 'req-0', outcome: 'failed' }), attempt(2, { requestId: 'req-1' })]);
    const { line } = answeredRecord(ROW, { response, report: its }, CONTEXT);
    expect(line).not.toMatch(/[\n\t\u2028]/);
    expect(JSON.parse(line)).toEqual({
      id: ID,
      custom_id: ROW.customId,
      response: { status_code: 200, request_id: 'req-1', body: response },
      error: null,
      holdfast: its,
    });
    expect(line).toContain(JSON.stringify(response).replace('\u2028', '\\u2028'));
  });

  test('names the call where there was one; the id is the same for the same row', () => {
    const result = { response: {}, report: report([attempt(1)]) };
    const parsed = (context: Parameters<typeof answeredRecord>[2], row = ROW) =>
      JSON.parse(answeredRecord(row, result, context).line) as Record<string, unknown>;
    expect(parsed({ ...CONTEXT, call: 'call-1' })).toMatchObject({ holdfast: { call: 'call-1' } });
    expect(parsed({ ...CONTEXT, round: 2 })['id']).toBe(parsed(CONTEXT)['id']);
    expect(parsed({ ...CONTEXT, batchId: 'batch-2' })['id']).not.toBe(parsed(CONTEXT)['id']);
    expect(parsed(CONTEXT, { ...ROW, row: 18 })['id']).not.toBe(parsed(CONTEXT)['id']);
  });
});

describe('a line of errors.jsonl', () => {
  test('has the answer of the provider where there was one', () => {
    const failed = failure('RateLimitError', 429);
    expect(JSON.parse(failedRecord(ROW, failed, { ...CONTEXT, call: 'call-1' }).line)).toEqual({
      id: ID,
      custom_id: ROW.customId,
      response: {
        status_code: 429,
        request_id: 'req-1',
        body: { error: { message: 'RateLimitError of a test', type: 'RateLimitError', param: null, code: null } },
      },
      error: { code: 'RateLimitError', message: 'RateLimitError of a test' },
      holdfast: { ...failed.report, call: 'call-1' },
    });
  });

  test.each([
    ['a connection that failed', failure('APIConnectionError', 502)],
    ['an attempt timeout', failure('Timeout', 408)],
    ['an answer that was none', failure('InvalidResponseError', 502)],
    ['an answer that did not fit its schema', failure('JSONSchemaValidationError', 502)],
    ['an answer that was too large', failure('ResponseTooLargeError', 502)],
    [
      'all deployments cooling',
      failure('RateLimitError', 429, { report: report([attempt(1, { outcome: 'note', kind: 'RateLimitError' })]) }),
    ],
    [
      'a call that was cancelled after a failure',
      { ...failure('RateLimitError', 429), kind: 'CancelledError', status: 499 } as const,
    ],
    ['a call that never began', failure('ConfigError', 500, { report: null })],
  ])('has no answer: %s', (_name, failed) => {
    const line = JSON.parse(failedRecord(ROW, failed, CONTEXT).line) as Record<string, unknown>;
    expect(line).toMatchObject({ response: null, error: { code: failed.kind }, holdfast: failed.report ?? {} });
  });

  test('every kind has a line', () => {
    for (const kind of ERROR_KIND_NAMES) {
      const { line, facts } = failedRecord(ROW, failure(kind, 400), CONTEXT);
      expect(JSON.parse(line)).toMatchObject({ error: { code: kind } });
      expect(facts).toMatchObject({ state: 'failed', kind });
    }
  });
});

describe('the facts beside a line', () => {
  test('of an answer: what it took, and how long', () => {
    const entries = [
      attempt(1, { outcome: 'failed', kind: 'RateLimitError' }),
      attempt(2, { outcome: 'lost' }),
      attempt(3, { outcome: 'failed', kind: 'RateLimitError' }),
      attempt(3, { outcome: 'note', kind: 'RateLimitError' }),
      attempt(4, { group: 'smart' }),
    ];
    const its = report(entries, { attempts: 4, retries: 2, fallbacks: 1, group: 'smart' });
    expect(answeredRecord(ROW, { response: {}, report: its }, CONTEXT).facts).toEqual({
      row: 17,
      state: 'answered',
      round: 1,
      tokens: { prompt: 10, completion: 20, total: 30 },
      group: 'smart',
      attempts: 4,
      retries: 2,
      fallbacks: 1,
      failures: { RateLimitError: 2 },
      startedAtMs: NOW_MS,
      durationMs: 3200,
    });
  });

  test('of a long call: what was folded counts too', () => {
    const its = report([attempt(1)]);
    const folded = { count: 9, kinds: { RateLimitError: 7, lost: 2 }, tokens: its.tokens };
    const result = { response: {}, report: { ...its, ledger: { ...its.ledger, folded } } };
    expect(answeredRecord(ROW, result, CONTEXT).facts.failures).toEqual({ RateLimitError: 7 });
  });

  test('of a call that never began', () => {
    expect(failedRecord(ROW, failure('ConfigError', 500, { report: null }), { ...CONTEXT, round: 3 }).facts).toEqual({
      row: 17,
      state: 'failed',
      round: 3,
      tokens: { prompt: 0, completion: 0, total: 0 },
      kind: 'ConfigError',
      attempts: 0,
      retries: 0,
      fallbacks: 0,
    });
  });

  test('of a first attempt: the progress can be read again', () => {
    const entry = attempt(1, { outcome: 'failed', kind: 'Timeout', tokens: { prompt: 1, completion: 0, total: 1 } });
    const made = progress({ group: 'fast', attempts: 1, ledger: { entries: [entry] } });
    const { facts, line } = attemptedRecord(ROW, made, CONTEXT);
    expect(JSON.parse(line)).toEqual(made);
    expect(facts).toMatchObject({
      state: 'attempted',
      group: 'fast',
      attempts: 1,
      tokens: { total: 1 },
      failures: { Timeout: 1 },
    });
  });
});
