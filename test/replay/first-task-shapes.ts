import { openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';
import { CONFIG, SCRIPT, SHAPES } from './shapes.js';

/** A worker that makes first attempts in first workflow tasks, and hands them over soon. */
export const openFirstTask = (): Promise<TestHoldfast> =>
  openHoldfast(CONFIG, { ...SCRIPT, 'hanging-up': 'held' }, { firstTask: { proof: 0, holdMs: 300 } });

/** Those that begin otherwise than with the activity of the first group. */
const OTHERWISE = ['success', 'alias', 'retries', 'fallback', 'failure', 'timeout', 'cancel-in-flight'] as const;

/** Runs a call whose attempt goes on in its activity; returns its id. */
async function handedOver({ client, provider }: TestHoldfast): Promise<string> {
  const handle = await client.start({ model: 'hanging', messages: [{ role: 'user', content: 'Which bird is this?' }] });
  await waitFor(async () => (await handle.describe()).pending);
  provider.release();
  await handle.result();
  return handle.callId;
}

/** One call of each shape that a first attempt in the first workflow task gives a history. Each returns the call's id. */
export const FIRST_TASK_SHAPES: Record<string, (holdfast: TestHoldfast) => Promise<string>> = {
  ...Object.fromEntries(
    OTHERWISE.flatMap((shape) => {
      const make = SHAPES[shape];
      return make === undefined ? [] : [[`llm-call-first-task-${shape}`, make]];
    }),
  ),
  'llm-call-first-task-handed-over': handedOver,
};
