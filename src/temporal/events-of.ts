import type { Client, ConnectionLike } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { fieldsOf } from '../core/common/fields.js';
import { LARGE_MESSAGES, MESSAGE_LIMIT } from './connect.js';

/** As many as the server gives. */
const ALL = 0;

/**
 * The events of a workflow, page by page. On a connection of somebody's own, which may take no more than 4 MB in a message, a page has
 * one event, or what was written together with it.
 * @param atOnce - events that are held at once
 */
export async function* eventsOf(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  atOnce = ALL,
): AsyncGenerator<temporal.api.history.v1.IHistoryEvent, void> {
  const { namespace } = client.options;
  const maximumPageSize = takesLarge(client.connection) ? atOnce : 1;
  let token: Uint8Array = new Uint8Array();
  do {
    const page = { namespace, execution, maximumPageSize, nextPageToken: token };
    const { history, nextPageToken } = await client.workflowService.getWorkflowExecutionHistory(page);
    yield* history?.events ?? [];
    token = nextPageToken;
  } while (token.length > 0);
}

/** A connection of workers has no such options, and no such limit. */
function takesLarge(connection: ConnectionLike): boolean {
  const { channelArgs } = fieldsOf(fieldsOf(connection)['options']);
  if (channelArgs === undefined) return true;
  const limit = fieldsOf(channelArgs)[MESSAGE_LIMIT];
  return typeof limit === 'number' && (limit < 0 || limit >= LARGE_MESSAGES[MESSAGE_LIMIT]);
}
