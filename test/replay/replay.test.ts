import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { historyJson } from '../helpers/call-history.js';
import { openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { CONFIG, SCRIPT, SHAPES } from './shapes.js';

/**
 * Histories of earlier releases, which running calls may still have: a change of the workflow must replay them, or be
 * guarded by `patched`. Record those of a release with `RECORD_HISTORIES=1 npm test -- test/replay`.
 */
const FOLDER = new URL('histories/', import.meta.url);
mkdirSync(FOLDER, { recursive: true });
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** What names the machine that recorded it, or the place of its files. */
const MACHINE = /"(stackTrace|identity)":\s*"(?:[^"\\]|\\.)*"/g;
const QUEUE_OF_PROCESS = /\d+@[\w.-]+/g;

const replay = (history: string) =>
  Worker.runReplayHistory({ workflowBundle: { codePath: inject('workflowBundlePath') } }, JSON.parse(history));

let holdfast: TestHoldfast;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT);
});
afterAll(() => holdfast.close());

describe('a call replays', () => {
  test.each(Object.entries(SHAPES))('of shape %s', async (shape, make) => {
    const callId = await make(holdfast);
    const history = (await historyJson(callId)).replace(MACHINE, '"$1":""').replace(QUEUE_OF_PROCESS, 'worker');
    await replay(history);
    if (process.env['RECORD_HISTORIES'] === '1') {
      writeFileSync(new URL(`llm-call-${shape}-${packageJson.version}.json`, FOLDER), history);
    }
  });
});

describe('histories of releases', () => {
  test.each(Object.keys(SHAPES))('there is one of shape %s', (shape) => {
    expect(FILES.some((name) => name.startsWith(`llm-call-${shape}-`))).toBe(true);
  });

  test.each(FILES)('%s replays', async (file) => {
    await replay(readFileSync(new URL(file, FOLDER), 'utf8'));
  });
});
