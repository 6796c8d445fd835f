import type { Traces } from './traces.js';

/** Under this the API of OpenTelemetry keeps what a process has registered, whichever copy of it did. */
const REGISTERED = Symbol.for('opentelemetry.js.api.1');

/** The traces of a process that has OpenTelemetry of its own; undefined: it has none, and nothing of it is loaded. */
export async function tracesOfProcess(): Promise<Pick<Traces, 'attempt'> | undefined> {
  const registered: unknown = Reflect.get(globalThis, REGISTERED);
  if (typeof registered !== 'object' || registered === null || !('trace' in registered)) return undefined;
  const { recordInProcess } = await import('./record-attempt.js');
  return { attempt: recordInProcess };
}
