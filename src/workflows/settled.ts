import { condition } from '@temporalio/workflow';

/** Waits until nothing goes on by itself any more in this activation. It leaves no trace in the history. */
export async function settled(): Promise<void> {
  let isAskedAgain = false;
  await condition(() => {
    if (isAskedAgain) return true;
    isAskedAgain = true;
    return false;
  });
}
