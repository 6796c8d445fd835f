import { createHash } from 'node:crypto';
import type { Step } from './steps.js';

interface MixedSteps {
  readonly rate: number;
  readonly faults: readonly Step[];
  readonly seed?: number;
}

/** The step for a request, as if by chance: the same for the same seed and key. */
export function mixedStep({ rate, faults, seed = 0 }: MixedSteps, key: string): Step {
  const digest = createHash('sha1').update(`${seed} ${key}`).digest();
  const fails = digest.readUInt32BE(0) / 2 ** 32 < rate;
  return (fails && faults[digest.readUInt32BE(4) % faults.length]) || {};
}
