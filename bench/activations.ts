import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One turn of a workflow in its worker's thread for workflows. */
export interface Activation {
  readonly runId: string;
  /** Events of the history that it knows. */
  readonly historyLength: number;
  readonly beganMs: number;
  readonly endedMs: number;
  /** CPU of the thread that its own work took. */
  readonly cpuMs: number;
}

/** Options of a worker's process that has its activations written down, and what was written. */
export function recordActivations(folder: string) {
  const file = join(folder, 'activations.jsonl');
  return {
    nodeOptions: ['--import', new URL('record-activations.mjs', import.meta.url).href],
    env: { BENCH_ACTIVATIONS: file },
    read: (): Activation[] => {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Activation);
    },
  };
}
