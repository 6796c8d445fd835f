import type { Logger } from 'pino';
import { openTraces } from '../traces/open-traces.js';
import type { Traces } from '../traces/traces.js';

/** Runs something with the traces that the environment asks for, and sends what is left of them when it has ended. */
export async function withTraces<T>(log: Logger, run: (traces: Traces | undefined) => Promise<T>): Promise<T> {
  const traces = await openTraces((message) => log.warn(message));
  try {
    return await run(traces);
  } finally {
    await traces?.close();
  }
}
