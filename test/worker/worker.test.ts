import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { parseConfig } from '../../src/config/index.js';
import { SEARCH_ATTRIBUTES } from '../../src/core/common/search-attributes.js';
import { startWorker } from '../../src/worker.js';
import { configText, group } from '../helpers/holdfast.js';
import { customAttributes, newNamespace } from '../helpers/namespace.js';
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

describe('a worker, when it starts', () => {
  test('registers the search attributes that its namespace lacks: calls can be started at once', async () => {
    const namespace = await newNamespace(connection);
    const worker = await start(namespace);
    const client = await HoldfastClient.connect({ address: inject('temporalAddress'), namespace });
    await client.start({ model: 'a', messages: [{ role: 'user', content: 'Hello' }] });
    await client.close();
    worker.stop();
    await worker.stopped;
    expect(Object.keys(await customAttributes(connection, namespace))).toEqual(
      expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)),
    );
  });

  test('refuses a namespace in which one of them has another type, and names it', async () => {
    const namespace = await newNamespace(connection);
    const INT = 3;
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: { HoldfastGroup: INT } });
    await waitFor(async () => 'HoldfastGroup' in (await customAttributes(connection, namespace)));
    await expect(start(namespace)).rejects.toThrow(/have another type: HoldfastGroup \(must be Keyword\)/);
  });

  test('says that a namespace does not exist', async () => {
    await expect(start('nowhere')).rejects.toThrow(/no namespace "nowhere"/);
  });

  test('says that no server answers', async () => {
    await expect(start('default', '127.0.0.1:1')).rejects.toThrow(/no Temporal server answers at 127.0.0.1:1/);
  });
});
