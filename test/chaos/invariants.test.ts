import { describe, expect, test } from 'vitest';
import { INVARIANTS } from './invariants.js';
import type { Asked, CallRecord, ExecutionRecord, RunRecord } from './record.js';

const asked = (changed: Partial<Asked> = {}): Asked => ({
  startMs: 1_000,
  endMs: 2_000,
  gateway: 'serve',
  outcome: 'answered',
  text: 'Echo: one',
  answerId: 'answer-1',
  said: '',
  mayAskAgain: false,
  ...changed,
});
const call = (changed: Partial<CallRecord> = {}): CallRecord => ({
  prompt: 'one',
  isKeyed: true,
  isStream: false,
  asked: [asked()],
  again: asked(),
  ...changed,
});
const execution = (changed: Partial<ExecutionRecord> = {}): ExecutionRecord => ({
  callId: 'call-1',
  prompt: 'one',
  status: 'COMPLETED',
  attempts: 1,
  failedTasks: [],
  pendingTaskAttempt: 0,
  failure: '',
  ...changed,
});
const upstream = (prompt: string, startMs = 1_000) => ({ prompt, startMs, endMs: startMs + 500 });

/** Two rows and a call, to which nothing happened. */
const GOOD: RunRecord = {
  calls: [call()],
  executions: [execution()],
  rows: [
    { customId: 'row-0', prompt: 'zero' },
    { customId: 'row-1', prompt: 'eins' },
  ],
  lines: [
    { customId: 'row-0', text: 'Echo: zero', attempts: 1 },
    { customId: 'row-1', text: 'Echo: eins', attempts: 1 },
  ],
  batch: 'completed',
  upstream: ['one', 'zero', 'eins'].map((prompt) => upstream(prompt)),
  disturbances: [],
  deaths: [],
  leaks: [],
};
const killed = { target: 'serve', startMs: 1_500, endMs: 3_000 } as const;
const [first, second] = GOOD.lines;

const brokenIn = (run: RunRecord) => INVARIANTS.filter(({ broken }) => broken(run).length > 0).map(({ name }) => name);

const RIGHT = 'every call has its one right answer';
const AGAIN = 'the same answer again by its key';
const ROWS = 'every row once in the output, in order';
const REQUESTS = 'no more requests to the provider than ledgers say, and were in flight at faults';
const TASKS = 'no workflow task fails over and over';
const ENDS = 'every call that was begun comes to its end in time';

describe('what is found in a run', () => {
  test.each<{ what: string; run: Partial<RunRecord>; broken: string[] }>([
    { what: 'nothing in a good one', run: {}, broken: [] },
    {
      what: 'an answer to another question',
      run: { calls: [call({ asked: [asked({ text: 'Echo: two' })], again: null })] },
      broken: [RIGHT],
    },
    { what: 'a call that was never answered', run: { calls: [call({ asked: [], again: null })] }, broken: [RIGHT] },
    {
      what: 'an error that is final',
      run: { calls: [call({ asked: [asked({ outcome: 'refused', said: '500' })], again: null })] },
      broken: [RIGHT],
    },
    {
      what: 'no fault in a refusal that says to ask again',
      run: { calls: [call({ asked: [asked({ outcome: 'refused', mayAskAgain: true }), asked()] })] },
      broken: [],
    },
    {
      what: 'a connection that was lost for no reason',
      run: { calls: [call({ asked: [asked({ outcome: 'cut' }), asked()] })] },
      broken: [RIGHT],
    },
    {
      what: 'no fault in one that was lost with its gateway',
      run: { calls: [call({ asked: [asked({ outcome: 'cut' }), asked()] })], disturbances: [killed] },
      broken: [],
    },
    {
      what: 'no fault in an unkeyed call that was lost with its gateway',
      run: {
        calls: [call({ isKeyed: false, asked: [asked({ outcome: 'cut' })], again: null })],
        disturbances: [killed],
      },
      broken: [],
    },
    {
      what: 'no fault in the end of a stream that broke off after its reader was cut, before its key began another',
      run: {
        calls: [call({ isStream: true, asked: [asked({ outcome: 'cut' }), asked({ outcome: 'refused' }), asked()] })],
        disturbances: [killed],
      },
      broken: [],
    },
    {
      what: 'a plain call that is refused after its asker was cut',
      run: {
        calls: [call({ asked: [asked({ outcome: 'cut' }), asked({ outcome: 'refused' }), asked()] })],
        disturbances: [killed],
      },
      broken: [RIGHT],
    },
    {
      what: 'a stream that broke off before it had begun',
      run: { calls: [call({ isStream: true, asked: [asked({ outcome: 'broken off', text: '' }), asked()] })] },
      broken: [RIGHT],
    },
    {
      what: 'a stream that began with another answer',
      run: { calls: [call({ isStream: true, asked: [asked({ outcome: 'broken off', text: 'Echo: t' }), asked()] })] },
      broken: [RIGHT],
    },
    {
      what: 'no fault in a stream that ended honestly',
      run: { calls: [call({ isStream: true, asked: [asked({ outcome: 'broken off', text: 'Echo: ' }), asked()] })] },
      broken: [],
    },
    {
      what: 'the same words from another request, by the same key',
      run: { calls: [call({ again: asked({ answerId: 'answer-2' }) })] },
      broken: [AGAIN],
    },
    {
      what: 'no answer by the same key',
      run: { calls: [call({ again: asked({ outcome: 'refused' }) })] },
      broken: [AGAIN],
    },
    { what: 'a row that is missing', run: { lines: [first!] }, broken: [ROWS, REQUESTS] },
    { what: 'a row that is there twice', run: { lines: [first!, second!, second!] }, broken: [ROWS] },
    { what: 'rows in another order', run: { lines: [second!, first!] }, broken: [ROWS] },
    {
      what: 'a row with the answer of another',
      run: { lines: [first!, { ...second!, text: 'Echo: zero' }] },
      broken: [ROWS],
    },
    {
      what: 'a row that nobody asked for',
      run: { lines: [...GOOD.lines, { ...second!, customId: 'row-2', attempts: 0 }] },
      broken: [ROWS],
    },
    { what: 'a batch that did not complete', run: { batch: 'paused' }, broken: [ROWS] },
    {
      what: 'a request that no ledger has',
      run: { upstream: [...GOOD.upstream, upstream('one')] },
      broken: [REQUESTS],
    },
    {
      what: 'no fault in one that was in flight when its process was killed',
      run: { upstream: [...GOOD.upstream, upstream('one')], disturbances: [killed] },
      broken: [],
    },
    {
      what: 'a request long before the kill',
      run: {
        upstream: [...GOOD.upstream, upstream('one')],
        disturbances: [{ ...killed, startMs: 60_000, endMs: 61_000 }],
      },
      broken: [REQUESTS],
    },
    { what: 'no fault in an answer without a workflow', run: { executions: [] }, broken: [] },
    {
      what: 'two requests for an answer without a workflow',
      run: { executions: [], upstream: [...GOOD.upstream, upstream('one')] },
      broken: [REQUESTS],
    },
    {
      what: 'a workflow task that failed again and again',
      run: { executions: [execution({ failedTasks: ['a', 'b', 'c', 'd'] })] },
      broken: [TASKS],
    },
    {
      what: 'a workflow task that is tried again and again',
      run: { executions: [execution({ pendingTaskAttempt: 9 })] },
      broken: [TASKS],
    },
    { what: 'a call that still runs', run: { executions: [execution({ status: 'RUNNING' })] }, broken: [ENDS] },
    {
      what: 'no fault in a batch that was continued as new',
      run: { executions: [execution(), execution({ callId: 'batch', prompt: 'batch', status: 'CONTINUED_AS_NEW' })] },
      broken: [],
    },
    { what: 'a call that failed', run: { executions: [execution({ status: 'FAILED' })] }, broken: [ENDS] },
    {
      what: 'no fault in the failed workflow of a stream that broke off',
      run: {
        calls: [call({ isStream: true, asked: [asked({ outcome: 'broken off', text: 'Echo: ' }), asked()] })],
        executions: [execution({ status: 'FAILED' }), execution()],
      },
      broken: [],
    },
    { what: 'a key in a log', run: { leaks: ['worker.log'] }, broken: ['no secret in logs, database, output'] },
    { what: 'a process that died', run: { deaths: ['worker'] }, broken: ['whoever was not killed lives'] },
  ])('$what', ({ run, broken }) => {
    expect(brokenIn({ ...GOOD, ...run })).toEqual(broken);
  });
});
