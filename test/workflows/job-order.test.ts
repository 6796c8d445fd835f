import { expect, test } from 'vitest';
import { CANCEL, commandOf, placeOf, seesCommands, seesJobs } from '../../src/workflows/job-order.js';

const activate = (jobs: readonly object[]): void =>
  seesJobs.activate?.({ activation: { jobs } as never, batchIndex: 0 }, () => {});

test('events are ordered as the jobs of their activation, whatever the way of their promises', () => {
  activate([
    { signalWorkflow: {} },
    { resolveChildWorkflowExecution: { seq: 4 } },
    { fireTimer: { seq: 1 } },
    { resolveActivity: { seq: 1 } },
    { cancelWorkflow: {} },
    { resolveChildWorkflowExecutionStart: { seq: 5 } },
  ]);
  const places = ['child 4', 'timer 1', 'activity 1', CANCEL, 'start of child 5'].map(placeOf);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(places).size).toBe(5);
});

test('what no job of the activation brought comes first', () => {
  activate([{ resolveActivity: { seq: 1 } }]);
  expect([placeOf(undefined), placeOf('activity 2'), placeOf('activity 1')]).toEqual([-1, -1, 0]);
  activate([{ resolveActivity: { seq: 2 } }]);
  expect([placeOf('activity 2'), placeOf('activity 1')]).toEqual([0, -1]);
});

test('a command is known by its number', async () => {
  const next = () => Promise.resolve();
  const command = (give: () => unknown) => commandOf(give).command?.ended;
  expect(command(() => seesCommands.scheduleActivity?.({ seq: 7 } as never, next))).toBe('activity 7');
  expect(command(() => seesCommands.startTimer?.({ seq: 8 } as never, next))).toBe('timer 8');
  expect(command(() => seesCommands.startChildWorkflowExecution?.({ seq: 9 } as never, next as never))).toBe('child 9');
  expect(command(() => null)).toBe(undefined);
});
