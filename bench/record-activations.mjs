// Preloaded into a worker, in its threads for workflows writes down each activation of a workflow: when it began and ended, and
// how much CPU of the thread its own work took. The rest of its time others had the thread, or the processor.
import { appendFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { BaseVMWorkflow } from '@temporalio/worker/lib/workflow/vm-shared.js';

const file = process.env.BENCH_ACTIVATIONS;

/** A query is no workflow task that the history has. */
function isQuery({ jobs }) {
  return jobs.some(({ queryWorkflow }) => queryWorkflow !== undefined && queryWorkflow !== null);
}

if (!isMainThread && file !== undefined && process.threadCpuUsage !== undefined) {
  const original = Reflect.get(BaseVMWorkflow.prototype, 'activate');
  BaseVMWorkflow.prototype.activate = function activate(activation) {
    const beganMs = Date.now();
    const before = process.threadCpuUsage();
    // All of its work is done before it returns: what it awaits is a turn of the thread.
    const completion = original.call(this, activation);
    if (isQuery(activation)) return completion;
    const { user, system } = process.threadCpuUsage(before);
    const { runId, historyLength } = activation;
    const write = () => {
      const line = { runId, historyLength, beganMs, endedMs: Date.now(), cpuMs: (user + system) / 1000 };
      appendFileSync(file, `${JSON.stringify(line)}\n`);
    };
    void completion.then(write, write);
    return completion;
  };
}
