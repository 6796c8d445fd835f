import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countsOfBatch } from '../../../src/core/batch/batch-progress.js';
import { MAX_COMMANDS } from '../../../src/core/batch/batch-step.js';
import { MAX_CALLS } from '../../../src/core/batch/batch-window.js';
import { seeded } from '../../chaos/seeded.js';
import { order } from './orders.js';
import { SimulatedBatch } from './simulated-batch.js';
import { ROW_TOKENS } from './simulated-files.js';
import type { Weather } from './weather.js';

/** So many events are enough for any batch here, whatever the weather. */
const STEPS = 40_000;

const chance = (max: number) => fc.oneof(fc.constant(0), fc.double({ min: 0, max, noNaN: true }));
const WEATHER: fc.Arbitrary<Weather> = fc.record({
  firstFails: chance(1),
  callFails: chance(1),
  callStopped: chance(0.3),
  callForgotten: chance(0.3),
  chunkLost: chance(0.2),
  storage: chance(0.2),
  error: chance(0.2),
  echo: chance(0.3),
  people: chance(0.1),
  together: chance(1),
  long: chance(0.05),
});

const BATCH = fc.record({
  seed: fc.nat(),
  rows: fc.integer({ min: 1, max: 120 }),
  chunkRows: fc.integer({ min: 1, max: 30 }),
  concurrency: fc.integer({ min: 1, max: 12 }),
  mode: fc.constantFrom('packed' as const, 'workflow' as const),
  groupConcurrency: fc.oneof(fc.constant({}), fc.record({ a: fc.integer({ min: 1, max: 4 }) })),
  maxTokensTotal: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 1_500 })),
  weather: WEATHER,
});

const CALM: Weather = {
  firstFails: 0,
  callFails: 0,
  callStopped: 0,
  callForgotten: 0,
  chunkLost: 0,
  storage: 0,
  error: 0,
  echo: 0,
  people: 0,
  together: 0,
  long: 0,
};

describe('a batch in any order of events, whatever goes wrong', () => {
  test('ends, with every row once, within its bounds', () => {
    fc.assert(
      fc.property(BATCH, ({ seed, rows, weather, ...spec }) => {
        const options = { order: order(spec), rows, groups: ['a', 'b', 'c'], weather, random: seeded(seed, 'batch') };
        const batch = new SimulatedBatch(options).run(STEPS);
        expect(batch.end, `not over after ${STEPS} events`).not.toBeNull();
        expect(batch.mostCommands).toBeLessThanOrEqual(MAX_COMMANDS + 2);
        expect(batch.mostCalls).toBeLessThanOrEqual(MAX_CALLS);
        // No row is paid for twice.
        expect([...batch.files.answers.values()].every((times) => times === 1)).toBe(true);
        // Nothing but an error that comes again and again ends a batch before its rows have ended.
        if (weather.error === 0) expect(batch.end).toHaveProperty('rows', rows);
        const { mode, concurrency, maxTokensTotal } = spec;
        if (mode === 'packed' && weather.people === 0) expect(batch.mostInFlight).toBeLessThanOrEqual(concurrency);
        if (maxTokensTotal !== null && weather.people === 0 && batch.mostTokens !== null) {
          // By the rows in flight: first attempts, and as many calls.
          expect(batch.mostTokens).toBeLessThanOrEqual(maxTokensTotal + 2 * concurrency * ROW_TOKENS);
        }
        if (batch.end !== null && 'rows' in batch.end) {
          const { answered, failed } = batch.end.counts;
          expect(answered + failed).toBe(rows);
          expect(countsOfBatch(batch.progress)).toMatchObject({ answered, failed });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a batch whose rows wait for room in their group', () => {
  test.each([0, 0.3])('looks at no chunk for nothing, however short its histories are: %d', (long) => {
    const spec = { mode: 'workflow', concurrency: 100, chunkRows: 10, groupConcurrency: { a: 4 } } as const;
    const weather = { ...CALM, long };
    const options = { order: order(spec), rows: 300, groups: ['a'], weather, random: seeded(7, 'few') };
    const batch = new SimulatedBatch(options).run(STEPS);
    expect(batch.end).toHaveProperty('rows', 300);
    expect(batch.histories > 20).toBe(long > 0);
    // At each once, for half of the limit, and in the end.
    expect(batch.files.looks).toBeLessThanOrEqual(30 + 300 / 2 + 30);
  });
});
