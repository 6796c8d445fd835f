import { describe, expect, test } from 'vitest';
import {
  circuitAfter,
  circuitState,
  isForgotten,
  isProbedBy,
  shifted,
  shiftedEvent,
  withoutLostProbe,
  type Circuit,
  type CircuitEvent,
} from '../../../src/core/deployments/circuit.js';
import { NOW_MS } from '../build.js';

/** A circuit after what workers have seen, each at its time. */
function after(...events: readonly [worker: string, event: CircuitEvent, atMs: number][]): Circuit {
  return events.reduce<Circuit>(
    (circuit, [worker, event, atMs]) => circuitAfter(circuit, event, worker, NOW_MS + atMs),
    undefined,
  );
}

const cools = (ms: number): CircuitEvent => ({ type: 'cools', untilMs: NOW_MS + ms });
const asked = (ms: number): CircuitEvent => ({ type: 'asked to wait', untilMs: NOW_MS + ms });
const PROBES: CircuitEvent = { type: 'probes' };
const ANSWERED: CircuitEvent = { type: 'answered' };
const NOT_ANSWERED: CircuitEvent = { type: 'not answered' };

describe('the circuit of a deployment', () => {
  type Case = [what: string, circuit: Circuit, atMs: number, state: string, probedBy?: string];
  const cases: Case[] = [
    ['is closed at first', undefined, 0, 'closed'],
    ['is open while it cools', after(['w1', cools(5_000), 0]), 4_999, 'cooling'],
    ['is closed while all are asked to wait', after(['w1', asked(5_000), 0]), 4_999, 'closed'],
    ['is a ramp when they come back', after(['w1', asked(5_000), 0]), 5_000, 'ramp'],
    ['by the last of them', after(['w1', asked(5_000), 0], ['w2', asked(9_000), 1]), 8_999, 'closed'],
    ['by no earlier one', after(['w1', asked(9_000), 0], ['w2', asked(5_000), 1]), 9_000, 'ramp'],
    [
      'stays a ramp when one is asked again',
      after(['w1', asked(1_000), 0], ['w2', asked(9_000), 1_001]),
      1_002,
      'ramp',
    ],
    ['cools when it fails meanwhile', after(['w1', asked(1_000), 0], ['w2', cools(9_000), 1]), 2, 'cooling'],
    ['still cools when one is asked to wait', after(['w1', cools(9_000), 0], ['w2', asked(1_000), 1]), 2, 'cooling'],
    ['is a ramp after a day at the latest', after(['w1', asked(1e9), 0]), 24 * 3600_000 + 1, 'ramp'],
    ['is half-open after that', after(['w1', cools(5_000), 0]), 5_000, 'half-open'],
    [
      'cools as long as the longest word says',
      after(['w1', cools(9_000), 0], ['w2', cools(5_000), 100]),
      8_999,
      'cooling',
    ],
    ['is probed by no one while it cools', after(['w1', cools(5_000), 0], ['w2', PROBES, 100]), 100, 'cooling'],
    [
      'is probed by the first that asks',
      after(['w1', cools(5_000), 0], ['w2', PROBES, 5_000], ['w3', PROBES, 5_001]),
      5_001,
      'probing',
      'w2',
    ],
    [
      'is probed by another after half a minute',
      after(['w1', cools(1), 0], ['w2', PROBES, 1], ['w3', PROBES, 30_001]),
      30_001,
      'probing',
      'w3',
    ],
    [
      'is half-open again when a probe came to no answer',
      after(['w1', cools(1), 0], ['w2', PROBES, 1], ['w2', NOT_ANSWERED, 2]),
      2,
      'half-open',
    ],
    [
      'is not by the end of an attempt that was no probe',
      after(['w1', cools(1), 0], ['w2', PROBES, 1], ['w1', NOT_ANSWERED, 2]),
      2,
      'probing',
      'w2',
    ],
    [
      'cools again when the probe has failed',
      after(['w1', cools(1), 0], ['w2', PROBES, 1], ['w2', cools(5_000), 2]),
      3,
      'cooling',
    ],
    [
      'is a ramp when the probe has answered',
      after(['w1', cools(1), 0], ['w2', PROBES, 1], ['w2', ANSWERED, 2]),
      2,
      'ramp',
    ],
    ['is a ramp when any attempt has answered', after(['w1', cools(1), 0], ['w2', ANSWERED, 2]), 2, 'ramp'],
    [
      'still cools when one answers that began before',
      after(['w1', cools(5_000), 0], ['w2', ANSWERED, 2]),
      2,
      'cooling',
    ],
    ['is closed by an answer as it was', after(['w1', ANSWERED, 0]), 0, 'closed'],
    [
      'cools again from the ramp',
      after(['w1', cools(1), 0], ['w2', ANSWERED, 2], ['w2', cools(5_000), 3]),
      3,
      'cooling',
    ],
    ['is no probe’s on the ramp', after(['w1', cools(1), 0], ['w2', ANSWERED, 2], ['w2', PROBES, 3]), 3, 'ramp'],
  ];
  test.each(cases)('%s', (_, circuit, atMs, state, probedBy) => {
    expect(circuitState(circuit, NOW_MS + atMs)).toBe(state);
    for (const worker of ['w1', 'w2', 'w3']) expect(isProbedBy(circuit, worker)).toBe(worker === probedBy);
  });

  test('keeps since when the deployment has not answered', () => {
    expect(after(['w1', cools(1), 0], ['w1', cools(900), 500])).toMatchObject({ sinceMs: NOW_MS });
  });

  test('is forgotten when nobody asks for long', () => {
    const circuit = after(['w1', cools(0), 0]);
    expect([isForgotten(circuit, NOW_MS + 599_999), isForgotten(circuit, NOW_MS + 600_000)]).toEqual([false, true]);
    expect(isForgotten(undefined, NOW_MS)).toBe(false);
  });

  test('has no probe of a worker that is lost', () => {
    const probed = after(['w1', cools(1), 0], ['w2', PROBES, 1]);
    expect(withoutLostProbe(probed, (worker) => worker === 'w2')).toBe(probed);
    expect(
      circuitState(
        withoutLostProbe(probed, () => false),
        NOW_MS + 1,
      ),
    ).toBe('half-open');
    const open = after(['w1', cools(1), 0]);
    expect(withoutLostProbe(open, () => false)).toBe(open);
    expect(withoutLostProbe(undefined, () => false)).toBe(undefined);
  });

  test('is told by how long from now, so that clocks may differ', () => {
    const circuits = [
      undefined,
      after(['w1', cools(5_000), 0]),
      after(['w1', cools(1), 0], ['w2', PROBES, 1]),
      after(['w1', cools(1), 0], ['w2', ANSWERED, 1]),
    ];
    for (const circuit of circuits) {
      const elsewhere = shifted(circuit, 7_000);
      for (const atMs of [0, 4_999, 5_000]) {
        expect(circuitState(elsewhere, NOW_MS + 7_000 + atMs)).toBe(circuitState(circuit, NOW_MS + atMs));
      }
      expect(shifted(elsewhere, -7_000)).toEqual(circuit);
    }
    expect(shiftedEvent(cools(5), -NOW_MS)).toEqual({ type: 'cools', untilMs: 5 });
    expect(shiftedEvent(PROBES, 1)).toBe(PROBES);
  });
});
