import type { FastifyInstance } from 'fastify';
import { CALL_ACTION_NAMES, type ActionInput, type CallAction } from '../../core/call/call-actions.js';
import { fieldsOf } from '../../core/common/fields.js';
import { described } from '../api-description.js';
import { audited } from '../audit.js';
import type { GatewayContext } from '../context.js';
import { mustHaveMasterKey } from '../master-key.js';
import { noSuchPath } from '../no-such-path.js';

interface Acting {
  Params: { id: string; action: CallAction };
}

/** What operators do to calls that run, whoever started them. */
export function registerCallActionRoutes(app: FastifyInstance, gateway: GatewayContext): void {
  const acting = described('Operators', 'Acts on a call that runs, whoever started it; takes the master key', {
    params: {
      type: 'object',
      required: ['id', 'action'],
      properties: { id: { type: 'string' }, action: { type: 'string', enum: CALL_ACTION_NAMES } },
    },
  });
  const forgetting = described('Operators', 'Deletes a call that is over, for good; takes the master key');
  app.post<Pick<Acting, 'Params'>>(
    '/holdfast/calls/:id/forget',
    { config: { guard: 'key' }, schema: forgetting },
    async ({ caller, params: { id }, body }) => {
      mustHaveMasterKey(caller);
      const { by, why } = { by: `key ${caller.id}`, ...fieldsOf(body) } as Partial<ActionInput>;
      const act = { audit: 'forget', caller: caller.id, by, why, callId: id };
      return audited(gateway, act, () => gateway.client.handle(id).forget());
    },
  );
  app.post<Acting>(
    '/holdfast/calls/:id/:action',
    { config: { guard: 'key' }, schema: acting },
    async ({ caller, params: { id, action }, body }) => {
      mustHaveMasterKey(caller);
      if (!CALL_ACTION_NAMES.includes(action)) noSuchPath('POST');
      const input = { by: `key ${caller.id}`, ...fieldsOf(body) } as ActionInput;
      const act = { audit: action, caller: caller.id, by: input.by, why: input.why, callId: id };
      await audited(gateway, act, () => gateway.client.handle(id).act(action, input));
      return { callId: id, action };
    },
  );
}
