import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { CallHandle } from '../../client/call-handle.js';
import type { CallDescription } from '../../client/describe-call.js';
import { isCallError } from '../../client/errors.js';
import { pendingJson } from '../../client/call-json.js';
import { described } from '../api-description.js';
import { ANYBODY, type Caller } from '../callers.js';
import type { GatewayContext } from '../context.js';
import { errorBody, type ErrorBody } from '../error-answer.js';
import { Refusal } from '../refusal.js';
import { callLooks, streamCallEvents } from './call-events.js';

interface ById {
  Params: { id: string };
}

/** Calls, by their ids: what became of them, and their end. A call of another key is none at all. */
export function registerCallRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  const find = async (id: string, caller: Caller): Promise<CallHandle> => {
    const handle = gateway.client.handle(id);
    const askedMs = performance.now();
    const found = await describeIfThere(handle);
    if (found !== null && (caller === ANYBODY || found.owner === caller.id)) return handle;
    // How long the look took would tell whether there is a call.
    await sleep(STEP_MS - ((performance.now() - askedMs) % STEP_MS));
    throw new Refusal({ kind: 'NotFoundError', message: `there is no call ${id}` });
  };
  const looks = callLooks();

  const about = described('Calls', 'What a call does, or how it ended: state, ledger, answer');
  app.get<ById>('/holdfast/calls/:id', { config: { guard: 'key' }, schema: about }, async ({ params, caller }) => {
    const handle = await find(params.id, caller);
    const { pending, ...inspection } = await handle.inspect();
    const end = inspection.state === 'running' ? { response: null, error: null } : await endOf(handle);
    return { ...inspection, pending: pendingJson(pending), ...end };
  });

  const cancelling = described('Calls', 'Asks a call to stop');
  app.delete<ById>(
    '/holdfast/calls/:id',
    { config: { guard: 'key' }, schema: cancelling },
    async ({ params, caller }, reply) => {
      const handle = await find(params.id, caller);
      const { callId, state } = await handle.describe();
      if (state !== 'running') return { callId, state };
      const who = { by: `key ${caller.id}`, why: 'DELETE of the call' };
      await gateway.running.cancel(callId, () => handle.cancel(who));
      void reply.code(202);
      return { callId, state: 'stopping' };
    },
  );

  const following = described('Calls', 'The ledger of a call as it grows, as server-sent events');
  app.get<ById>(
    '/holdfast/calls/:id/events',
    // A stream that nobody reads would have no end.
    { exposeHeadRoute: false, config: { guard: 'counted' }, schema: following },
    async (request, reply) => {
      const handle = await find(request.params.id, request.caller);
      const { 'last-event-id': lastEventId } = request.headers;
      const shown = typeof lastEventId === 'string' && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) : 0;
      await streamCallEvents(gateway, looks, handle, reply, shown);
    },
  );
}

/** Another key's call and none are told at the next of these steps: both looks are shorter than the first one. */
const STEP_MS = 100;

async function describeIfThere(handle: CallHandle): Promise<CallDescription | null> {
  try {
    return await handle.describe();
  } catch (error) {
    if (isCallError(error) && error.kind === 'NotFoundError') return null;
    throw error;
  }
}

/** The answer of a call that is over, or its error. */
async function endOf(handle: CallHandle): Promise<{ response: unknown } & (ErrorBody | { error: null })> {
  try {
    const { response } = await handle.result();
    return { response, error: null };
  } catch (error) {
    if (!isCallError(error)) throw error;
    return { response: null, ...errorBody(error) };
  }
}
