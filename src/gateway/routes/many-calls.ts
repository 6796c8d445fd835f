import type { FastifyInstance, FastifyReply } from 'fastify';
import { actOnCalls, findRunningCalls, type ActProgress, type FoundCalls } from '../../client/act-on-calls.js';
import { listedJson } from '../../client/call-json.js';
import { problemOfAction, type ActionInput, type CallAction } from '../../core/call/call-actions.js';
import { described } from '../api-description.js';
import { audited } from '../audit.js';
import { CALL_ACTIONS_BODY, CALL_LIST, filterOf, jsonSchemaOf, read } from '../operators-schema.js';
import type { GatewayContext } from '../context.js';
import { EventStream } from '../event-stream.js';
import { mustHaveMasterKey } from '../master-key.js';
import { Refusal } from '../refusal.js';

/** What operators see of all calls and do to many of them, whoever started them. */
export function registerManyCallsRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  const { client, clock } = gateway;

  const listing = described('Operators', 'Calls, newest first, whoever started them; takes the master key', {
    querystring: jsonSchemaOf(CALL_LIST),
  });
  app.get('/holdfast/calls', { config: { guard: 'key' }, schema: listing }, async ({ caller, query }) => {
    mustHaveMasterKey(caller);
    const { state, limit, after, ...fields } = read(CALL_LIST, query);
    const { calls, next } = await client.listPage({ ...filterOf(fields, clock.now()), state, limit, after });
    return { calls: calls.map(listedJson), next };
  });

  const acting = described(
    'Operators',
    'Acts on many calls: an event `call` for each, `end` last. It stops when the client leaves. Takes the master key',
    { body: jsonSchemaOf(CALL_ACTIONS_BODY) },
  );
  app.post('/holdfast/actions', { config: { guard: 'key' }, schema: acting }, async ({ caller, body }, reply) => {
    mustHaveMasterKey(caller);
    const { action, ids, per_second: perSecond = null, dry_run: isDry, ...more } = read(CALL_ACTIONS_BODY, body);
    const { by = `key ${caller.id}`, why, group, retries, field, seconds, response, ...fields } = more;
    const input = { by, why, group, retries, field, seconds, response } as ActionInput;
    const problem = problemOfAction(action, input);
    if (problem !== null) throw new Refusal({ kind: 'BadRequestError', message: problem });
    const found =
      ids === undefined ? await findRunningCalls(client, filterOf(fields, clock.now())) : { ids, areMore: false };
    if (isDry === true) return { calls: found.ids.length, areMore: found.areMore };
    return streamActions(gateway, { found, action, input, caller: caller.id, perSecond }, reply);
  });
}

interface Acting {
  readonly found: FoundCalls;
  readonly action: CallAction;
  readonly input: ActionInput;
  /** The key that was sent. */
  readonly caller: string;
  readonly perSecond: number | null;
}

/** An action on many calls takes its time: whoever asks hears of each of them, and stops it by leaving. */
async function streamActions(
  gateway: GatewayContext,
  { found: { ids, areMore }, action, input, caller, perSecond }: Acting,
  reply: FastifyReply,
): Promise<void> {
  const { client, clock, disconnects } = gateway;
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const stopped = AbortSignal.any([left.signal, disconnects.gatewayLeaves]);
  const events = new EventStream(reply);
  const of = { audit: action, caller, by: input.by, why: input.why };
  const act = (callId: string) => audited(gateway, { ...of, callId }, () => client.handle(callId).act(action, input));
  const tell = ({ callId, error }: ActProgress) =>
    events.send({ event: 'call', data: { callId, error: error?.message ?? null } });
  const acted = await actOnCalls(ids, act, { clock, perSecond, stopped, tell });
  await events.send({ event: 'end', data: { action, ...acted, areMore } });
  events.end();
}
