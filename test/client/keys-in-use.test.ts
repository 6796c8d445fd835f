import type { Client } from '@temporalio/client';
import { expect, expectTypeOf, test } from 'vitest';
import { keysInUse } from '../../src/client/keys-in-use.js';
import { WORKFLOW_TYPES } from '../../src/core/common/workflow-types.js';
import type * as workflows from '../../src/workflows/index.js';

test('histories of all of Holdfast’s workflows are read, messages to webhooks too', async () => {
  expectTypeOf<(typeof WORKFLOW_TYPES)[number]>().toEqualTypeOf<keyof typeof workflows>();
  const queries: string[] = [];
  const workflow = {
    count: async (query: string) => {
      queries.push(query);
      return { count: 0 };
    },
    list: ({ query }: { query: string }) => {
      queries.push(query);
      return [];
    },
  };
  await keysInUse({ workflow } as unknown as Client, { limit: 1, taskQueue: 'a "queue"' });
  const types = WORKFLOW_TYPES.map((type) => `"${type}"`).join(', ');
  const query = String.raw`TaskQueue = "a \"queue\"" AND WorkflowType IN (${types})`;
  expect(queries).toEqual([query, query]);
});
