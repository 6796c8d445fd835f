import { seeded } from './seeded.js';

export const PROCESSES = ['server', 'serve', 'worker', 'gateway'] as const;
export type ProcessName = (typeof PROCESSES)[number];

/** Something that is done to a process, or to the disk of the batch, and taken back after a while. */
export interface Fault {
  readonly what: 'kill' | 'freeze' | 'full disk';
  readonly target: ProcessName | 'disk';
  readonly atMs: number;
  readonly forMs: number;
}

/** Without faults: the first moments, in which all begins, and the last ones, in which what was hit can recover. */
const CALM_MS = 5_000;
const FAULTY_SHARE = 0.8;

/** What happens in a run; nothing but its seed and its length decides. */
export function faultsOf(seed: number, lengthMs: number): Fault[] {
  const chance = seeded(seed, 'faults');
  const faults: Fault[] = [];
  for (let atMs = CALM_MS; atMs < lengthMs * FAULTY_SHARE; atMs += chance.between(2_000, 9_000)) {
    const target = chance.pick([...PROCESSES, ...PROCESSES, 'disk']);
    const what = target === 'disk' ? 'full disk' : chance.pick(['kill', 'freeze']);
    const forMs = what === 'kill' ? chance.between(0, 3_000) : chance.between(1_000, 8_000);
    faults.push({ what, target, atMs: Math.round(atMs), forMs: Math.round(forMs) });
  }
  return faults;
}

export function faultLine({ what, target, atMs, forMs }: Fault): string {
  return `${(atMs / 1000).toFixed(1).padStart(7)} s  ${what === 'full disk' ? what : `${what} ${target}`} for ${(forMs / 1000).toFixed(1)} s`;
}
