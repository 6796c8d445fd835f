import { afterAll, afterEach, beforeAll, beforeEach, inject } from 'vitest';
import type { Script } from '../../src/mock-provider/index.js';
import { openForwarder, type Forwarder } from '../helpers/forwarder.js';
import type { RunningCli } from '../helpers/processes.js';
import { openStage, type Stage } from './environment.js';

/** What the tests of a file have; another worker and forwarder for each. */
interface ForwardedWorker {
  readonly stage: Stage;
  readonly forwarder: Forwarder;
  readonly worker: RunningCli;
}

/** Has each test a worker as a process, which reaches the Temporal server through a forwarder. */
export function withForwardedWorker(config: unknown, script: Script): ForwardedWorker {
  let stage: Stage;
  let forwarder: Forwarder;
  let worker: RunningCli;
  beforeAll(async () => {
    stage = await openStage(config, script);
  });
  beforeEach(async () => {
    forwarder = await openForwarder(inject('temporalAddress'));
    worker = await stage.startWorker(['--address', forwarder.address]);
  });
  afterEach(async () => {
    await stage.clear();
    await forwarder.close();
  });
  afterAll(() => stage.close());
  return {
    get stage() {
      return stage;
    },
    get forwarder() {
      return forwarder;
    },
    get worker() {
      return worker;
    },
  };
}
