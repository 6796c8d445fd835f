import { describe, expect, test } from 'vitest';
import { mixedStep } from '../../src/mock-provider/mixed-step.js';
import { chat, providerStarter } from './helpers.js';

const start = providerStarter();
const FAULTS = [{ status: 429 }, { status: 500 }, { reset: true }] as const;
const KEYS = Array.from({ length: 6000 }, (_, index) => `prompt ${index}`);
const steps = (rate: number, seed?: number) =>
  KEYS.map((key) => mixedStep({ rate, faults: FAULTS, ...(seed !== undefined && { seed }) }, key));

describe('a mix of faults', () => {
  test('hits its share of the requests, with each fault about as often', () => {
    const counts = FAULTS.map((fault) => steps(0.3).filter((step) => step === fault).length);
    for (const count of counts) expect(count).toBeGreaterThan(500);
    for (const count of counts) expect(count).toBeLessThan(700);
  });

  test('is the same again, and another one with another seed', () => {
    expect(steps(0.3)).toEqual(steps(0.3, 0));
    expect(steps(0.3)).not.toEqual(steps(0.3, 1));
  });

  test('of 0 never fails, of 1 always', () => {
    expect(steps(0)).toEqual(KEYS.map(() => ({})));
    expect(steps(1)).not.toContainEqual({});
  });
});

test('what a prompt meets at its nth request does not depend on the other prompts', async () => {
  const script = { a: { rate: 0.5, faults: '429,500,503', seed: 3 } };
  const prompts = Array.from({ length: 8 }, (_, index) => `question ${index}`);
  const twice = async (order: readonly string[]) => {
    const provider = await start({ script });
    const statuses = new Map<string, number[]>(prompts.map((prompt) => [prompt, []]));
    for (const prompt of [...order, ...order]) {
      statuses.get(prompt)?.push((await chat(provider, 'a', prompt)).status);
    }
    return Object.fromEntries(statuses);
  };
  const seen = await twice(prompts);
  expect(await twice(prompts.toReversed())).toEqual(seen);
  expect(new Set(Object.values(seen).flat()).size).toBeGreaterThan(2);
  expect(Object.values(seen).some(([first, second]) => first !== second)).toBe(true);
});
