import { z } from 'zod';
import { MAX_FOUND } from '../client/act-on-calls.js';
import type { CallFilter } from '../client/list-calls.js';
import { CALL_ACTION_NAMES } from '../core/call/call-actions.js';
import { ERROR_KIND_NAMES, POLICY_FIELDS } from '../core/errors/error-kinds.js';
import { notValid } from './refusal.js';

const MAX_LIMIT = 1000;
const MAX_SECONDS = 100 * 366 * 24 * 3600;

const text = (description: string) => z.string().describe(description);
const seconds = z.coerce.number().positive().max(MAX_SECONDS);

/** Which calls. What is not known is an error: a filter with a slip in its name would find all calls. */
const FILTER = {
  retrying: text('Calls that are being retried in this model group').optional(),
  gate: text('Calls that wait at the gate before this model group').optional(),
  kind: z.enum(ERROR_KIND_NAMES).describe('Calls whose last attempt ended with this error kind').optional(),
  batch: text('Calls of rows of this batch').optional(),
  older_seconds: seconds.describe('Calls that were started so long ago').optional(),
  query: text("Calls that this list filter of Temporal's finds").optional(),
};

const FILTERS = Object.keys(FILTER) as (keyof typeof FILTER)[];

/** The query of a list of calls. */
export const CALL_LIST = z.strictObject({
  ...FILTER,
  state: z.enum(['running', 'answered', 'failed', 'cancelled']).describe('Calls in this state').optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).describe('At most so many; default: 100').optional(),
  after: text('`next` of the page before').optional(),
});

/** The body of an action on many calls. What an action itself wants is checked with the action. */
export const CALL_ACTIONS_BODY = z
  .strictObject({
    action: z.enum(CALL_ACTION_NAMES),
    why: text('For the ledger of each call'),
    by: text('Who acts. Default: the key').optional(),
    ids: z.array(z.string()).max(MAX_FOUND).describe('The calls; or a filter, for those that run').optional(),
    ...FILTER,
    per_second: z.number().positive().describe('At most so many calls a second').optional(),
    dry_run: z.boolean().describe('Only counts them').optional(),
    group: text('Of use: the model group').optional(),
    retries: z.int().positive().describe('Of extend: so many more').optional(),
    field: z.enum(POLICY_FIELDS).describe('Of extend: the budget that grows; default: every one').optional(),
    seconds: z.number().positive().describe('Of extend: so much longer').optional(),
    response: z.record(z.string(), z.unknown()).describe('Of answer: the answer').optional(),
  })
  .refine((body) => (body.ids === undefined) === FILTERS.some((name) => body[name] !== undefined), {
    error: `expected "ids", or a filter: ${FILTERS.join(', ')}`,
  });

export const HOLD_BODY = z.strictObject({
  target: text('A model group, or the id of a deployment'),
  why: text('For the ledger of each call that waits'),
  by: text('Who holds it. Default: the key').optional(),
  divert: z.boolean().describe('Calls go on to their fallbacks, where they have some; else they wait').optional(),
});

export const RELEASE_BODY = z.strictObject({
  target: text('What is held'),
  per_second: z.number().positive().describe('Calls come back at this rate, until none waits').optional(),
});

export function filterOf(fields: z.infer<z.ZodObject<typeof FILTER>>, nowMs: number): CallFilter {
  const { retrying, gate, kind, batch, older_seconds: older, query } = fields;
  const startedBefore = older === undefined ? undefined : new Date(nowMs - older * 1000);
  return { retrying, gate, kind, batch, startedBefore, query };
}

/** @throws Refusal that says what is wrong where */
export function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw notValid(parsed.error);
}

/** For the description of the API. */
export function jsonSchemaOf(schema: z.ZodType): object {
  const { $schema: _dialect, ...described } = z.toJSONSchema(schema);
  return described;
}
