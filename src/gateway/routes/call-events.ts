import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import type { CallHandle } from '../../client/call-handle.js';
import type { CallInspection } from '../../client/inspect-call.js';
import { pendingJson } from '../../client/call-json.js';
import { entriesAfter, entryCount } from '../../core/ledger/ledger.js';
import { TemporalUnavailableError } from '../../temporal/errors.js';
import type { GatewayContext } from '../context.js';
import { EventStream } from '../event-stream.js';
import { SharedAnswers } from '../shared-answers.js';

/** How often a running call is looked at. */
const LOOK_EVERY_MS = 1000;

/** What is seen of calls: a look serves all who follow the same one. */
export type CallLooks = SharedAnswers<CallInspection | null>;

export function callLooks(): CallLooks {
  return new SharedAnswers(LOOK_EVERY_MS);
}

/**
 * Streams the ledger of a call as it grows: an event `attempt` for each entry, `now` when the call does something else,
 * and `end` last. Whoever comes back with `Last-Event-ID` gets only the entries after it.
 */
export async function streamCallEvents(
  { disconnects, log }: GatewayContext,
  looks: CallLooks,
  handle: CallHandle,
  reply: FastifyReply,
  lastEventId: number,
): Promise<void> {
  const signal = disconnects.signalFor(reply.raw, handle.callId);
  const events = new EventStream(reply);
  let shown = lastEventId;
  let lastNow = '';
  try {
    for (;;) {
      const inspection = await looks.get(handle.callId, () => inspectIfThere(handle));
      if (inspection !== null) {
        const { ledger, state } = inspection;
        const added = entriesAfter(ledger, shown);
        shown = Math.max(shown, entryCount(ledger));
        for (const [index, entry] of added.entries()) {
          await events.send({ event: 'attempt', id: shown - added.length + index + 1, data: entry });
        }
        if (state !== 'running') return await events.send({ event: 'end', data: endOf(inspection) });
        if (inspection.now !== lastNow) await events.send({ event: 'now', data: nowOf(inspection) });
        lastNow = inspection.now;
      }
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  } catch (error) {
    // The reader comes back by itself when it was the gateway that went away.
    if (!signal.aborted) log.warn({ callId: handle.callId, error: String(error) }, 'the events of a call ended early');
  } finally {
    events.end();
  }
}

/** Null while the Temporal server is away: the call goes on when it is back, and so do its events. */
async function inspectIfThere(handle: CallHandle): Promise<CallInspection | null> {
  try {
    return await handle.inspect();
  } catch (error) {
    if (error instanceof TemporalUnavailableError) return null;
    throw error;
  }
}

function nowOf({ state, group, now, pending }: CallInspection) {
  return { state, group, now, pending: pendingJson(pending) };
}

function endOf({ state, now, report }: CallInspection) {
  return { state, now, report };
}
