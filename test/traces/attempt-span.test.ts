import { describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/core/ledger/ledger.js';
import { attemptSpan } from '../../src/traces/attempt-span.js';

const ENTRY: LedgerEntry = {
  attempt: 2,
  group: 'gpt',
  deployment: 'gpt#1',
  model: 'gpt-4o',
  provider: 'azure',
  url: 'https://one.openai.azure.com/openai/deployments/gpt-4o/chat/completions',
  startedAt: '2026-11-29T12:00:00.000Z',
  durationMs: 250,
  outcome: 'failed',
  kind: 'RateLimitError',
  status: 429,
  message: 'You asked: where is my cat?',
  next: { action: 'retry', reason: 'retry 1 of 2', waitMs: 500, until: '2026-11-29T12:00:00.750Z' },
};
const spanOf = (entry: Partial<LedgerEntry> = {}) =>
  attemptSpan({
    callId: 'call-1',
    operation: 'chat.completions',
    entry: { ...ENTRY, ...entry },
    wait: { ms: 1000, reason: 'a slot' },
  });

describe('the span of an attempt', () => {
  test('has its time, names and numbers, and no text', () => {
    const startMs = Date.parse(ENTRY.startedAt);
    expect(spanOf()).toEqual({
      name: 'chat gpt-4o',
      startMs,
      endMs: startMs + 250,
      isError: true,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'azure.ai.openai',
        'gen_ai.request.model': 'gpt-4o',
        'server.address': 'one.openai.azure.com',
        'server.port': 443,
        'error.type': 'RateLimitError',
        'http.response.status_code': 429,
        'holdfast.call.id': 'call-1',
        'holdfast.group': 'gpt',
        'holdfast.deployment': 'gpt#1',
        'holdfast.attempt': 2,
        'holdfast.outcome': 'failed',
        'holdfast.wait_ms': 1000,
        'holdfast.wait_reason': 'a slot',
        'holdfast.next': 'retry',
        'holdfast.next_reason': 'retry 1 of 2',
      },
    });
  });

  test.each<[string, Partial<LedgerEntry>, object]>([
    ['tokens', { tokens: { prompt: 3, completion: 5, total: 8 } }, { 'gen_ai.usage.output_tokens': 5 }],
    ['a provider by the name that it has in configs', { provider: 'groq' }, { 'gen_ai.provider.name': 'groq' }],
    ['the port', { url: 'http://127.0.0.1:8080/v1' }, { 'server.port': 8080 }],
    ['the port that is not said', { url: 'http://upstream/v1' }, { 'server.port': 80 }],
  ])('tells %s', (_, entry, attributes) => {
    expect(spanOf(entry).attributes).toMatchObject(attributes);
  });

  test('of an attempt that was lost before it was known whom it asked has no more than its outcome', () => {
    const entry: LedgerEntry = { group: 'gpt', startedAt: ENTRY.startedAt, outcome: 'lost' };
    expect(attemptSpan({ callId: 'call-1', operation: 'embeddings', entry, wait: null })).toMatchObject({
      name: 'embeddings',
      isError: true,
      attributes: { 'error.type': 'lost', 'holdfast.outcome': 'lost' },
    });
  });

  test('has no place where a URL is none', () => {
    expect(spanOf({ url: 'nowhere' }).attributes).not.toHaveProperty('server.address');
  });
});
