import { runInNewContext } from 'node:vm';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { expect, test } from 'vitest';
import { callError } from '../../src/client/errors.js';
import { EncryptionError } from '../../src/encryption/encryption-error.js';
import { openLog } from '../../src/worker/logger.js';
import { runtimeLogger } from '../../src/worker/runtime-logger.js';
import { sdkLogger } from '../../src/worker/sdk-logger.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';

function logging() {
  const lines: string[] = [];
  const log = openLog('info', { write: (line) => void lines.push(line) });
  return { log, logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test.each<[what: string, error: unknown, logged: unknown]>([
  [
    'a plain one',
    new TypeError('x'),
    { name: 'TypeError', message: 'x', stack: expect.stringContaining('logger.test') },
  ],
  [
    'that of a call',
    callError({ kind: 'Timeout', message: 'late' }),
    { name: 'Timeout', kind: 'Timeout', message: 'late' },
  ],
  ['a failure of Temporal', ApplicationFailure.create({ type: 'T', message: 'm' }), { type: 'T', message: 'm' }],
  ['its cause', new Error('a', { cause: new Error('b') }), { message: 'a', cause: { message: 'b' } }],
  ['one of another realm', runInNewContext('new RangeError("far")'), { name: 'RangeError', message: 'far' }],
  ['no error at all', { some: 'thing' }, "{ some: 'thing' }"],
  ['a key in it', new Error(`with ${PLANTED_KEY}`), { message: 'with [redacted]' }],
])('an error is logged with what it says: %s', (_, error, expected) => {
  const { log, logged } = logging();
  log.error({ error }, 'it failed');
  expect(logged()[0]).toMatchObject({ error: expected });
  expect(JSON.stringify(logged())).not.toContain(PLANTED_KEY);
});

test('a call that failed is no warning', () => {
  const { log, logged } = logging();
  sdkLogger(log).warn('Workflow failed', { workflowId: 'call-1', error: new Error('m') });
  expect(logged()).toMatchObject([{ level: 30, workflowId: 'call-1', error: { message: 'm' } }]);
});

test('of a call or an attempt that failed the kind is logged: what a provider said stands in its ledger', () => {
  const { log, logged } = logging();
  const failure = ApplicationFailure.create({ type: 'BadRequestError', message: 'planted refusal' });
  const error = new ActivityFailure('Activity task failed', 'callModelGroup', 'good', 'IN_PROGRESS', 'w', failure);
  sdkLogger(log).info('Activity failed', { workflowId: 'call-1', error: failure });
  sdkLogger(log).warn('Workflow failed', { workflowId: 'call-1', error });
  const ofWorkflow: unknown = runInNewContext(`Object.assign(new Error('planted refusal'), { type: 'Timeout' })`);
  sdkLogger(log).warn('Activity failed', { workflowId: 'call-2', error: ofWorkflow });
  // From a thread of workflows, no more comes than this.
  sdkLogger(log).warn('Workflow failed', { workflowType: 'llmCall', error: new Error('planted refusal') });
  expect(logged()).toMatchObject([
    { kind: 'BadRequestError' },
    { kind: 'BadRequestError', workflowId: 'call-1' },
    { kind: 'Timeout', workflowId: 'call-2' },
    { workflowType: 'llmCall' },
  ]);
  expect(JSON.stringify(logged())).not.toContain('planted');
});

test('when the SDK fails as a whole, the calls are named that it worked on last, the last one first', () => {
  const { log, logged } = logging();
  const sdk = sdkLogger(log);
  for (let call = 1; call <= 12; call++) sdk.trace('Completed activation', { workflowId: `call-${call}` });
  sdk.trace('Activity resolved', { workflowId: 'call-5' });
  sdk.error('Worker failed', { error: new TypeError('Cannot decode Completion') });
  sdk.error('Failed to process Workflow Activation', { workflowId: 'call-5' });
  const rest = [12, 11, 10, 9, 8, 7, 6, 4, 3].map((call) => `call-${call}`);
  expect(logged()[0]).toMatchObject({ level: 50, lastCallIds: ['call-5', ...rest] });
  expect(logged()[1]).not.toHaveProperty('lastCallIds');
});

test('a key that is missing is told once a minute, however many calls wait for it, and without their tasks', () => {
  const { log, logged } = logging();
  let nowMs = 0;
  const sdk = sdkLogger(log, { now: () => nowMs });
  const error = EncryptionError.missing('k1');
  sdk.error('Failed to process Workflow Activation', { error, workflowId: 'call-1' });
  // The SDK's failure of an activity has no more of it than name and text.
  const ofActivity = ApplicationFailure.create({ type: error.name, message: `Failed to parse: ${error.message}` });
  sdk.error('Error while processing ActivityTask.start', { error: ofActivity, task: 'much', taskEncoded: 'much' });
  sdk.error('Failed to process Workflow Activation', { error: EncryptionError.missing('k2') });
  nowMs = 60_000;
  sdk.error('Failed to process Workflow Activation', { error });
  expect(logged()).toMatchObject([
    { level: 50, keyId: 'k1', notTold: 0, workflowId: 'call-1' },
    { level: 50, keyId: 'k2', notTold: 0 },
    { level: 50, keyId: 'k1', notTold: 1 },
  ]);
  expect(JSON.stringify(logged())).not.toContain('much');
});

test('a logger of the user gets the same at each level, without keys and without what a provider said', () => {
  const lines: unknown[][] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push([level, message, fields]);
  const log = { trace: at('trace'), debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const runtime = runtimeLogger(log);
  runtime.trace('a', { workflowId: 'call-1' });
  runtime.debug('b');
  runtime.info('c', { error: ApplicationFailure.create({ type: 'BadRequestError', message: 'planted refusal' }) });
  runtime.warn('d', { error: new Error(`with ${PLANTED_KEY}`), task: 'planted task' });
  runtime.error('e', { workflowId: 'call-2' });
  expect(lines).toMatchObject([
    ['trace', 'a', { workflowId: 'call-1' }],
    ['debug', 'b', {}],
    ['info', 'c', { kind: 'BadRequestError' }],
    ['warn', 'd', { error: { name: 'Error', message: 'with [redacted]' } }],
    ['error', 'e', { workflowId: 'call-2' }],
  ]);
  expect(JSON.stringify(lines)).not.toContain('planted');
});
