import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { msToTs } from '@temporalio/common/lib/time.js';
import { parseConfig } from '../../src/config/index.js';
import { SEARCH_ATTRIBUTES } from '../../src/core/common/search-attributes.js';
import { startWorker } from '../../src/worker.js';
import { configText, group } from '../helpers/holdfast.js';
import { installTestRuntime } from '../helpers/temporal.js';
import { waitFor } from '../helpers/wait-for.js';

let connection: Connection;
beforeAll(async () => {
  installTestRuntime();
  connection = await Connection.connect({ address: inject('temporalAddress') });
});
afterAll(() => connection.close());

const start = (namespace: string, address = inject('temporalAddress')) =>
  startWorker({
    config: parseConfig(configText({ model_list: group('a') }, 'http://127.0.0.1:1'), { source: 'test', env: {} }),
    address,
    namespace,
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });

/** A namespace of its own, usable as soon as this returns. */
async function newNamespace(): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs(86_400_000),
  });
  await waitFor(() => customAttributes(namespace).catch(() => null), { what: 'the new namespace' });
  return namespace;
}

async function customAttributes(namespace: string): Promise<Record<string, unknown>> {
  return (await connection.operatorService.listSearchAttributes({ namespace })).customAttributes;
}

describe('a worker, when it starts', () => {
  test('registers the search attributes that its namespace lacks', async () => {
    const namespace = await newNamespace();
    const worker = await start(namespace);
    worker.stop();
    await worker.stopped;
    expect(Object.keys(await customAttributes(namespace))).toEqual(
      expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
    );
  });

  test('refuses a namespace in which one of them has another type, and names it', async () => {
    const namespace = await newNamespace();
    const INT = 3;
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { HoldfastGroup: INT } });
    await waitFor(async () => 'HoldfastGroup' in (await customAttributes(namespace)));
    await expect(start(namespace)).rejects.toThrow(/have another type: HoldfastGroup \(must be Keyword\)/);
  });

  test('says that a namespace does not exist', async () => {
    await expect(start('nowhere')).rejects.toThrow(/no namespace "nowhere"/);
  });

  test('says that no server answers', async () => {
    await expect(start('default', '127.0.0.1:1')).rejects.toThrow(/no Temporal server answers at 127.0.0.1:1/);
  });
});
