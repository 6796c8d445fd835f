import { readdirSync, readFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { installTestRuntime } from '../helpers/temporal.js';

const FOLDER = new URL('histories/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** What must always be there: one history of each shape a call can take. */
const SHAPES = ['success', 'retries', 'fallback', 'failure', 'cancel-in-flight', 'cancel-waiting', 'refused'];

beforeAll(() => installTestRuntime());

describe('histories of earlier releases', () => {
  test.each(SHAPES)('one is there of shape %s', (shape) => {
    expect(FILES.some((name) => name.startsWith(`llm-call-${shape}-`))).toBe(true);
  });

  test.each(FILES)('%s replays', async (file) => {
    const history = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as { events: unknown[] };
    const workflowBundle = { codePath: inject('workflowBundlePath') };
    await Worker.runReplayHistory({ workflowBundle }, history);
  });
});
