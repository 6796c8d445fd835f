import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { providerBoardId } from '../../src/core/deployments/board-messages.js';
import { anonymous, historyJson } from '../helpers/call-history.js';
import type { TestGateway } from '../helpers/gateway.js';
import { openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { withLostTasks, type HistoryEvent } from '../helpers/lost-tasks.js';
import { BOARD_OF_WORKFLOW } from '../helpers/own-board.js';
import { ACTION_SHAPES } from './action-shapes.js';
import { BATCH_SHAPES } from './batch-shapes.js';
import { DRIVEN_SHAPES, openDriven } from './driven-shapes.js';
import { FIRST_TASK_SHAPES, openFirstTask } from './first-task-shapes.js';
import { CONFIG, SCRIPT, SHAPES } from './shapes.js';

/**
 * Histories of earlier releases, which running calls may still have: a change of the workflow must replay them, or be
 * guarded by `patched`. Record those of a release with `RECORD_HISTORIES=1 npm test -- test/replay`.
 */
const FOLDER = new URL('histories/', import.meta.url);
mkdirSync(FOLDER, { recursive: true });
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** Of calls by their shape, of batches and rows by their own names. */
const ALL_SHAPES = {
  ...Object.fromEntries(
    Object.entries({ ...SHAPES, ...ACTION_SHAPES }).map(([shape, make]) => [`llm-call-${shape}`, make]),
  ),
  ...BATCH_SHAPES,
  'provider-board': boardOf,
};

/** The board of the providers, while it runs. */
async function boardOf({ client, taskQueue }: TestHoldfast): Promise<string> {
  const ask = () => client.execute({ model: 'narrow', messages: [{ role: 'user', content: 'hi' }] });
  await Promise.all([ask(), ask()]);
  return providerBoardId(taskQueue);
}

interface History {
  events: [HistoryEvent & { workflowExecutionStartedEventAttributes: { workflowId: string } }];
}

/** What went wrong with each of some histories, in their order, which one worker replays; undefined: nothing did. */
async function replay(
  texts: readonly string[],
  codePath = inject('workflowBundlePath'),
): Promise<(Error | undefined)[]> {
  const histories = texts.map((text) => {
    const history = JSON.parse(text) as History;
    // Under its own id, of which a batch makes those of its rows.
    return { history, workflowId: history.events[0].workflowExecutionStartedEventAttributes.workflowId };
  });
  const workflowBundle = { codePath };
  const errors: (Error | undefined)[] = [];
  for await (const { error } of Worker.runReplayHistories({ workflowBundle }, histories)) errors.push(error);
  return errors;
}

/** Of a release: its histories are recorded under its version. */
async function replayed(shape: string, workflowId: string): Promise<void> {
  const history = anonymous(await historyJson(workflowId));
  expect(await replay([history])).toEqual([undefined]);
  if (process.env['RECORD_HISTORIES'] === '1') {
    writeFileSync(new URL(`${shape}-${packageJson.version}.json`, FOLDER), history);
  }
}

let holdfast: TestHoldfast;
let firstTask: TestHoldfast;
let driven: TestGateway;
beforeAll(async () => {
  holdfast = await openHoldfast(CONFIG, SCRIPT, BOARD_OF_WORKFLOW);
  firstTask = await openFirstTask();
  driven = await openDriven();
});
afterAll(async () => {
  await holdfast.close();
  await firstTask.close();
  await driven.close();
});

describe('a workflow replays', () => {
  test.each(Object.entries(ALL_SHAPES))('of shape %s', async (shape, make) => {
    await replayed(shape, await make(holdfast));
  });

  test.each(Object.entries(FIRST_TASK_SHAPES))('of shape %s', async (shape, make) => {
    await replayed(shape, await make(firstTask));
  });

  test.each(Object.entries(DRIVEN_SHAPES))('of shape %s', async (shape, make) => {
    await replayed(shape, await make(driven));
  });
});

describe('a batch goes on', () => {
  test('whichever of its workflow tasks was lost, and however a replay divides the events into tasks', async () => {
    const { events } = JSON.parse(readFileSync(new URL('llm-batch-wide-0.1.0.json', FOLDER), 'utf8')) as History;
    const histories = withLostTasks(events);
    expect(histories).toHaveLength(7);
    const errors = await replay(histories.map((lost) => JSON.stringify({ events: lost })));
    expect(errors).toEqual(histories.map(() => undefined));
  });
});

describe('histories of releases', () => {
  test.each(Object.keys({ ...ALL_SHAPES, ...FIRST_TASK_SHAPES, ...DRIVEN_SHAPES }))(
    'there is one of shape %s',
    (shape) => {
      expect(FILES.some((name) => name.startsWith(`${shape}-`))).toBe(true);
    },
  );

  const texts = () => FILES.map((file) => readFileSync(new URL(file, FOLDER), 'utf8'));
  let errors: (Error | undefined)[];
  beforeAll(async () => {
    errors = await replay(texts());
  });

  test('all of them replay with traces, too', async () => {
    const traced = await replay(
      texts(),
      fileURLToPath(new URL('../../dist/traced-workflow-bundle.cjs', import.meta.url)),
    );
    expect(traced).toEqual(FILES.map(() => undefined));
  });

  test('all of them are replayed', () => {
    expect(errors).toHaveLength(FILES.length);
  });

  test.each(FILES.map((file, index) => ({ file, index })))('$file replays', ({ index }) => {
    expect(errors[index]).toBe(undefined);
  });
});
