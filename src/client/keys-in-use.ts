import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { fieldsOf } from '../core/common/fields.js';
import { WORKFLOW_TYPES } from '../core/common/workflow-types.js';
import { keyIdOf } from '../temporal/encryption-codec.js';
import { eventsOf } from '../temporal/events-of.js';
import { keysOfFiles } from './keys-of-files.js';
import { quoted } from './list-calls.js';

export interface KeysInUseOptions {
  /** Of calls, batches and messages to webhooks, newest first. */
  readonly limit: number;
  /** @default those of all task queues */
  readonly taskQueue?: string | undefined;
  /** Folders, paths or URLs, whose files are looked at, too. @default none */
  readonly files?: readonly string[] | undefined;
}

/** What is kept under a key. */
export interface KeyInUse {
  /** Null: in plain text. */
  readonly keyId: string | null;
  /** Histories that run, or are over, which have data under it. */
  readonly running: number;
  readonly over: number;
  /** Files that are under it. */
  readonly files: number;
  /** When the last of those ended that are over. */
  readonly lastEnd: Date | null;
}

export interface KeysInUse {
  /** Histories that were read. */
  readonly scanned: number;
  /** All that the namespace keeps. */
  readonly kept: number;
  readonly keys: readonly KeyInUse[];
}

/**
 * Which keys the data of Holdfast's workflows is under: each history is read, and what is pending of those that run, and of each file
 * its beginning.
 */
export async function keysInUse(
  client: Client,
  { limit, taskQueue, files = [] }: KeysInUseOptions,
): Promise<KeysInUse> {
  const ofQueue = taskQueue === undefined ? '' : `TaskQueue = ${quoted(taskQueue)} AND `;
  const query = `${ofQueue}WorkflowType IN (${WORKFLOW_TYPES.map(quoted).join(', ')})`;
  const { count: kept } = await client.workflow.count(query);
  const keys = new Map<string | null, KeyInUse>();
  const knownOf = (keyId: string | null): KeyInUse =>
    keys.get(keyId) ?? { keyId, running: 0, over: 0, files: 0, lastEnd: null };
  let scanned = 0;
  for await (const { workflowId, runId, closeTime = null } of client.workflow.list({ query })) {
    if (scanned === limit) break;
    scanned += 1;
    for (const keyId of await keyIdsOf(client, workflowId, runId, closeTime === null)) {
      const known = knownOf(keyId);
      const { running, over, lastEnd } = known;
      const isLater = closeTime !== null && (lastEnd === null || closeTime > lastEnd);
      keys.set(keyId, {
        ...known,
        running: running + (closeTime === null ? 1 : 0),
        over: over + (closeTime === null ? 0 : 1),
        lastEnd: isLater ? closeTime : lastEnd,
      });
    }
  }
  for (const folder of files) {
    for await (const keyId of keysOfFiles(folder)) {
      const known = knownOf(keyId);
      keys.set(keyId, { ...known, files: known.files + 1 });
    }
  }
  return { scanned, kept, keys: [...keys.values()] };
}

async function keyIdsOf(
  client: Client,
  workflowId: string,
  runId: string,
  isRunning: boolean,
): Promise<ReadonlySet<string | null>> {
  const found = new Set<string | null>();
  for await (const event of eventsOf(client, { workflowId, runId })) collect(event, found);
  if (isRunning) {
    const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
    collect(raw.pendingActivities, found);
  }
  return found;
}

/** What passes no codec: search attributes, headers, and what the SDK notes of local activities and patches. */
const NOT_OURS: readonly string[] = ['searchAttributes', 'indexedFields', 'header', 'data', 'patch-data'];

function collect(value: unknown, into: Set<string | null>): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (isPayload(value)) {
    into.add(keyIdOf(value));
    return;
  }
  for (const [name, part] of Object.entries(value)) if (!NOT_OURS.includes(name)) collect(part, into);
}

function isPayload(value: object): value is Payload {
  return fieldsOf(fieldsOf(value)['metadata'])['encoding'] instanceof Uint8Array;
}
