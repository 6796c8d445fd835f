import { setTimeout as sleep } from 'node:timers/promises';
import type { NativeConnection } from '@temporalio/worker';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from '../core/common/search-attributes.js';
import { GRPC } from './errors.js';

/** Temporal's numbers for the types (`temporal.api.enums.v1.IndexedValueType`). */
const TYPE_NUMBERS = { Keyword: 2, Int: 3, Double: 4 } as const;

/** The namespace lacks search attributes and may not be given them from here. */
class SearchAttributesError extends Error {
  override readonly name = 'SearchAttributesError';
}

/** So long, in ms, a server may take until it knows search attributes that were registered, and so often it is asked. */
const KNOWN_WITHIN_MS = 30_000;
const ASK_EVERY_MS = 200;

/**
 * Registers the search attributes that the namespace lacks, and waits until calls can be started with them; where that is refused,
 * says which commands do it.
 */
export async function ensureSearchAttributes(connection: NativeConnection, namespace: string): Promise<void> {
  const customAttributes = await customAttributesOf(connection, namespace);
  if (customAttributes === null) return;
  const names = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[];
  const wrong = names.filter((name) => {
    const type = customAttributes[name];
    return type !== undefined && type !== TYPE_NUMBERS[SEARCH_ATTRIBUTES[name]];
  });
  if (wrong.length > 0) {
    const list = wrong.map((name) => `${name} (must be ${SEARCH_ATTRIBUTES[name]})`).join(', ');
    throw new SearchAttributesError(`search attributes of namespace "${namespace}" have another type: ${list}`);
  }
  const missing = names.filter((name) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, TYPE_NUMBERS[SEARCH_ATTRIBUTES[name]]]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    const commands = missing.map(
      (name) =>
        `  temporal operator search-attribute create --namespace ${namespace} --name ${name} --type ${SEARCH_ATTRIBUTES[name]}`,
    );
    throw new SearchAttributesError(
      `namespace "${namespace}" lacks search attributes, and registering them was refused. Run:\n${commands.join('\n')}`,
      { cause: error },
    );
  }
  await untilKnown(connection, namespace, missing);
}

/** The server has registered them, but goes by what it read of the namespace some seconds ago. */
async function untilKnown(connection: NativeConnection, namespace: string, names: readonly string[]): Promise<void> {
  const query = names.map((name) => `${name} IS NULL`).join(' AND ');
  for (const endMs = performance.now() + KNOWN_WITHIN_MS; performance.now() < endMs; await sleep(ASK_EVERY_MS)) {
    try {
      // The first one that is found will do: to count all would take as long as the namespace is large.
      await connection.workflowService.listWorkflowExecutions({ namespace, query, pageSize: 1 });
      return;
    } catch (error) {
      // Who may not ask finds out by a call.
      if (!hasCode(error, GRPC.INVALID_ARGUMENT)) return;
    }
  }
}

/** Null where the server does not let them be listed: they may well be there, and a call that needs them says if not. */
async function customAttributesOf(connection: NativeConnection, namespace: string) {
  try {
    return (await connection.operatorService.listSearchAttributes({ namespace })).customAttributes ?? {};
  } catch (error) {
    if (hasCode(error, GRPC.PERMISSION_DENIED, GRPC.UNIMPLEMENTED)) return null;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: readonly unknown[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(error.code);
}
