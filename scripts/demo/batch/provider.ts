import type { MockProviderOptions } from '../../../src/mock-provider/index.js';
import { lastUserText } from '../../../src/mock-provider/prompt.js';

/** The share of requests that fail. */
export const FAULT_RATE = 0.05;

/** All that a provider does which is worth a retry. */
const FAULTS = [
  '429(retry-after=1)',
  '408',
  '500',
  '502',
  '503(retry-after=1)',
  '504',
  'hang',
  'reset',
  'cut',
  'html',
  'empty',
  'error200',
];

/** A hang would take as long as an attempt may take: in the demo that is so many seconds. */
export const ATTEMPT_TIMEOUT_SECONDS = 3;

const LATENCY_MS = 500;

/** All faults come up, and hardly a row fails twice: the last waits of a batch are the longest. */
const SEED = 43;

/** The scripted provider of the batch, and what its faults are. */
export function batchProvider(model: string): MockProviderOptions {
  return {
    latencyMs: LATENCY_MS,
    journal: false,
    script: { [model]: { rate: FAULT_RATE, faults: FAULTS.join(','), seed: SEED } },
    answer: (body) => answerTo(lastUserText(body)),
  };
}

/** It cannot solve them, but each has an answer of its own. */
export function answerTo(question: string): string {
  return `(from the scripted provider) You asked: ${question}`;
}

/** For people: without headers. */
export const FAULT_LIST = FAULTS.map((fault) => fault.replace(/\(.*/, '')).join(', ');
