import { fileURLToPath } from 'node:url';
import type { CallEvent } from '../../src/index.js';
import { waitFor } from '../helpers/wait-for.js';

/** The module that records what it is told in this process. */
export const RECORD = fileURLToPath(new URL('fixtures/record.ts', import.meta.url));

/** The events of a call, once there are so many: callbacks are told beside the call. */
export async function recorded(callId: string, count: number): Promise<CallEvent[]> {
  return waitFor(
    () => {
      const events = eventsOf(callId);
      return events.length >= count ? events : null;
    },
    { what: `${count} events of ${callId}` },
  );
}

export function eventsOf(callId: string): CallEvent[] {
  return allEvents().filter((event) => event.callId === callId);
}

export function allEvents(): CallEvent[] {
  return ((globalThis as Record<string, unknown>)['holdfastEvents'] ?? []) as CallEvent[];
}
