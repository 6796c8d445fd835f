import { expect, test } from 'vitest';
import type { BatchEvent } from '../../../src/core/batch/batch-events.js';
import type { BatchStep } from '../../../src/core/batch/batch-plan.js';
import { startBatch } from '../../../src/core/batch/batch-progress.js';
import { step } from '../../../src/core/batch/batch-step.js';
import { order } from './orders.js';
import { begun, checked, failed, read } from './told-batch.js';

test('a batch that began before grants as it did: to others, what a chunk that failed is granted fewer', () => {
  const before = { ...order({ concurrency: 4, maxTokensTotal: 200 }), keepsGrants: false };
  const events: BatchEvent[] = [begun, checked(40), failed('chunk 0'), read(1, { answered: 10 }), { type: 'waited' }];
  const { commands } = events.reduce<BatchStep>(({ progress }, event) => step(before, progress, [event]), {
    progress: startBatch(before.spec, 0),
    commands: [],
  });
  expect(commands).toMatchObject([
    { type: 'run chunk', chunk: 0, attempts: { maxTokens: 50 } },
    { type: 'run chunk', chunk: 2, attempts: { maxTokens: 50 } },
  ]);
});
