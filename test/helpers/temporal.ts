import { randomUUID } from 'node:crypto';
import v8 from 'node:v8';
import vm from 'node:vm';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { register as registerTsx } from 'tsx/cjs/api';
import { inject } from 'vitest';
import { SEARCH_ATTRIBUTES } from '../../src/core/common/search-attributes.js';

// The SDK loads the failure converter by itself, past the loader of the tests.
registerTsx();

const { IndexedValueType } = proto.temporal.api.enums.v1;

const INDEXED_VALUE_TYPES = {
  Keyword: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
  Int: IndexedValueType.INDEXED_VALUE_TYPE_INT,
  Double: IndexedValueType.INDEXED_VALUE_TYPE_DOUBLE,
} satisfies Record<(typeof SEARCH_ATTRIBUTES)[keyof typeof SEARCH_ATTRIBUTES], number>;

/** Registers Holdfast's search attributes, those that are missing. */
export async function registerSearchAttributes(address: string, namespace = 'default'): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => !(name in customAttributes));
    if (missing.length === 0) return;
    await connection.operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map(([name, type]) => [name, INDEXED_VALUE_TYPES[type]])),
    });
  } finally {
    await connection.close();
  }
}

/** Ends all workflows of a task queue that are running. */
export async function terminateWorkflows(address: string, taskQueue: string): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection });
    const query = `TaskQueue = "${taskQueue}" AND ExecutionStatus = "Running"`;
    for await (const { workflowId } of workflow.list({ query })) {
      // One that has ended since is no matter.
      await workflow
        .getHandle(workflowId)
        .terminate('left by a test')
        .catch(() => undefined);
    }
  } finally {
    await connection.close();
  }
}

/** The ids of a task queue's calls, which are in the list some time after they began. The list of a client has those of all files. */
export async function callsOf(taskQueue: string, state: 'Running' | 'Completed' | 'Canceled'): Promise<string[]> {
  const connection = await Connection.connect({ address: inject('temporalAddress') });
  try {
    const { workflow } = new Client({ connection });
    const query = `WorkflowType = "llmCall" AND TaskQueue = "${taskQueue}" AND ExecutionStatus = "${state}"`;
    const ids: string[] = [];
    for await (const { workflowId } of workflow.list({ query })) ids.push(workflowId);
    return ids;
  } finally {
    await connection.close();
  }
}

export interface TestTemporal {
  address: string;
  /** Shared by client and workers, as in a process that runs both. */
  connection: NativeConnection;
  client: Client;
  /** Of this environment alone, so that files can run side by side on one server. */
  taskQueue: string;
  /** A worker with the run's workflow bundle on the task queue; run it with `worker.runUntil(...)`. */
  createWorker(options?: Partial<WorkerOptions>): Promise<Worker>;
  /** Call after every worker has ended. */
  close(): Promise<void>;
}

/** The SDK's runtime is one per process and cannot be asked for. */
let runtimeIsInstalled = false;

/**
 * For the stack query of a workflow, which no test makes, the SDK notes where each promise was made. In the thread of the tests
 * it would look at all of theirs: a function is compiled for each, twice, a quarter of what a call costs there.
 */
const withoutHook: typeof v8.promiseHooks.createHook = () => () => undefined;

/** Before Node 24 an activity loses its context in a thread that has workflows, too, unless the hook is there. */
const contextNeedsHook = Number.parseInt(process.versions.node, 10) < 24;

// oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
const { runInContext } = vm.Script.prototype;

/** As long as a workflow task may compute. */
const LONG_LIMIT_MS = 60_000;

/** For a limit Node starts a thread with each call into a workflow. No test waits for the one of workflow tasks. */
function runWithoutLongLimit(this: vm.Script, ...[context, options = {}]: Parameters<typeof runInContext>): unknown {
  const { timeout = LONG_LIMIT_MS, ...others } = options;
  return runInContext.call(this, context, timeout < LONG_LIMIT_MS ? options : others);
}

/**
 * Installs the SDK's runtime with little to say; may be called by several helpers. Workers of this process run workflows in
 * its own thread: a thread for each would cost half a second of CPU. Processes that tests start have theirs.
 */
export function installTestRuntime(): void {
  process.env['TEMPORAL_DEBUG'] = '1';
  if (!runtimeIsInstalled) {
    if (!contextNeedsHook) v8.promiseHooks.createHook = withoutHook;
    vm.Script.prototype.runInContext = runWithoutLongLimit;
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
  }
  runtimeIsInstalled = true;
}

/** Connects a test file to the server of the run, or to the given one. */
export async function openTemporal(address: string = inject('temporalAddress')): Promise<TestTemporal> {
  installTestRuntime();
  const connection = await NativeConnection.connect({ address });
  const taskQueue = `test-${randomUUID()}`;
  return {
    address,
    connection,
    client: new Client({ connection }),
    taskQueue,
    createWorker: (options = {}) =>
      Worker.create({
        connection,
        taskQueue,
        workflowBundle: { codePath: inject('workflowBundlePath') },
        ...options,
      }),
    close: () => connection.close(),
  };
}
