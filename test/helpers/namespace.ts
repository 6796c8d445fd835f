import { randomUUID } from 'node:crypto';
import type { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { waitFor } from './wait-for.js';

/** A namespace of its own, usable as soon as this returns. */
export async function newNamespace(connection: Connection): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs(86_400_000),
  });
  await waitFor(() => customAttributes(connection, namespace).catch(() => null), { what: 'the new namespace' });
  return namespace;
}

/** The search attributes of a namespace, with their types. */
export async function customAttributes(connection: Connection, namespace: string): Promise<Record<string, unknown>> {
  return (await connection.operatorService.listSearchAttributes({ namespace })).customAttributes;
}
