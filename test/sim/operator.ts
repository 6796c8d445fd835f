import type { DrivenCall } from '../../src/client/first-task-driver.js';
import type { Chance } from './chance.js';
import type { Server } from './server.js';
import type { SimWorker } from './worker.js';

const MINUTE_MS = 60_000;

interface OperatorParts {
  readonly server: Server;
  readonly chance: Chance;
  readonly workers: () => readonly SimWorker[];
  /** Calls whose first attempts are, or were, made by the processes that started them. */
  readonly driven: ReadonlyMap<string, DrivenCall>;
}

/** Somebody who has a hand in running calls and batches. */
export class Operator {
  /** Calls that it, or another one, had a hand in. */
  readonly touched = new Set<string>();
  /** Calls whose progress it threw away. */
  readonly forgotten = new Set<string>();
  private readonly parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.parts = parts;
  }

  /** What an operator does to a call. */
  ofCall(who: string): void {
    const { server, chance } = this.parts;
    const pending = server.pendingOf(who);
    this.touched.add(who);
    switch (chance.of(['cancel', 'terminate', 'pause', 'reset', 'reset without details'] as const)) {
      case 'cancel':
        return this.cancel(who);
      case 'terminate':
        return server.terminate(who);
      case 'pause':
        pending?.pause();
        return server.time.after(chance.ms(5 * MINUTE_MS), () => pending?.unpause());
      case 'reset':
        return pending?.reset({ forgetsDetails: false });
      case 'reset without details':
        this.forgotten.add(who);
        return pending?.reset({ forgetsDetails: true });
    }
  }

  /** Some are cancelled from a process that may have them. */
  private cancel(who: string): void {
    const { server, workers, chance, driven } = this.parts;
    const here = workers().filter(({ process }) => process.isAlive);
    if (here.length === 0 || chance.is(0.5)) return server.cancel(who);
    const { running, process } = chance.of(here);
    const cancel = (): Promise<void> =>
      process.ask(
        () => server.latencyMs(),
        () => server.cancel(who),
      );
    const first = driven.get(who);
    // What has no workflow is stopped; what has one is cancelled.
    void running.cancel(who, async () => {
      if ((await first?.stop()) !== true) await cancel();
    });
  }

  /** What one does to a batch. */
  ofBatch(batchId: string): void {
    const { server, chance } = this.parts;
    switch (chance.of(['pause', 'pause', 'concurrency', 'cancel', 'a row', 'a row'] as const)) {
      case 'pause':
        server.update(batchId, 'pause', 'lunch');
        return server.time.after(chance.ms(5 * MINUTE_MS), () => server.update(batchId, 'resume', {}));
      case 'concurrency':
        return server.update(batchId, 'setConcurrency', chance.whole(1, 50));
      case 'cancel':
        if (chance.is(0.3)) server.cancel(batchId);
        return;
      case 'a row': {
        const running = [...server.executions.keys()].filter(
          (id) => id.startsWith(`${batchId}-row-`) && server.running(id) !== null,
        );
        if (running.length > 0) this.ofCall(chance.of(running));
      }
    }
  }
}
