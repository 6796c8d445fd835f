import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const PRELOADED = fileURLToPath(new URL('vitals.mjs', import.meta.url));

interface Vitals {
  /** The most CPU time that its event loop took in one go since it was last asked. */
  readonly loopMs: number;
  /** What its threads hold when all else is collected, in bytes; null where it was not asked for that. */
  readonly heldBytes: number | null;
}

/** The environment of a process that tells of itself. @param socket - a path */
export function withVitals(socket: string): Readonly<Record<string, string>> {
  return { HOLDFAST_BENCH_VITALS: socket, NODE_OPTIONS: `--import=${PRELOADED}` };
}

/** @param of - `held` collects its garbage, which takes a second */
export async function vitalsOf(socket: string, of: 'loop' | 'held'): Promise<Vitals> {
  const connection = connect(socket);
  connection.write(of);
  return JSON.parse(await text(connection)) as Vitals;
}

/** Resident memory in bytes, now or at its peak; NaN elsewhere than on Linux. */
export async function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return 1024 * Number(new RegExp(`^${what}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN);
}

/** The peak is from now on. */
export async function forgetPeak(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5').catch(() => undefined);
}
