import type { DrivenCall } from '../../src/client/first-task-driver.js';
import { CALL_ACTION_NAMES, type ActionInput } from '../../src/core/call/call-actions.js';
import { HOLD, RELEASE } from '../../src/core/deployments/hold-messages.js';
import type { Chance } from './chance.js';
import type { Server } from './server.js';
import type { SimWorker } from './worker.js';

const MINUTE_MS = 60_000;

interface OperatorParts {
  readonly server: Server;
  readonly chance: Chance;
  readonly workers: () => readonly SimWorker[];
  /** Of model groups and deployments. */
  readonly names: readonly string[];
  /** Calls whose first attempts are, or were, made by the processes that started them. */
  readonly driven: ReadonlyMap<string, DrivenCall>;
}

/** Something that was done to a call. */
export interface Act {
  readonly why: string;
  /** Null: nobody was told. */
  isTaken: boolean | null;
}

/** Somebody who has a hand in running calls and batches. */
export class Operator {
  /** Calls that it, or another one, had a hand in. */
  readonly touched = new Set<string>();
  /** Calls whose progress it threw away. */
  readonly forgotten = new Set<string>();
  /** What was done to calls by Updates, by their ids. */
  readonly acts = new Map<string, Act[]>();
  private readonly parts: OperatorParts;

  constructor(parts: OperatorParts) {
    this.parts = parts;
  }

  /** What an operator does to a call. */
  ofCall(who: string): void {
    const { server, chance } = this.parts;
    const pending = server.pendingOf(who);
    this.touched.add(who);
    const deed = chance.of(['cancel', 'terminate', 'pause', 'reset', 'reset without details', 'act', 'act'] as const);
    switch (deed) {
      case 'act':
        for (let times = chance.whole(1, 3); times > 0; times--) this.act(who);
        return;
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

  /** An Update of the call, at some time soon. */
  private act(who: string): void {
    const { server, chance } = this.parts;
    const action = chance.of(CALL_ACTION_NAMES);
    const acts = this.acts.get(who) ?? [];
    this.acts.set(who, acts);
    const act: Act = { why: `reason ${acts.length + 1}`, isTaken: null };
    acts.push(act);
    const input: ActionInput = {
      by: 'somebody',
      why: act.why,
      ...(action === 'use' && { group: `g${chance.whole(0, 4)}` }),
      ...(action === 'extend' && { retries: chance.whole(1, 3) }),
      ...(action === 'answer' && { response: { choices: [{ message: { role: 'assistant', content: `to ${who}` } }] } }),
    };
    server.time.after(chance.ms(20_000), () => {
      void server.update(who, action, input).then((isTaken) => {
        act.isTaken = isTaken;
        // Nobody forgets a call that is paused.
        server.time.after(chance.ms(5 * MINUTE_MS), () => server.pendingOf(who)?.unpause());
      });
    });
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

  /** Holds a model group or a deployment, and releases it after a while. */
  hold(): void {
    const { server, chance, names } = this.parts;
    const target = chance.of(names);
    const request = { target, by: 'somebody', why: 'maintenance', diverts: chance.is(0.3) };
    void server.updateBoard(HOLD, request).then((isHeld) => {
      if (isHeld) server.time.after(chance.ms(5 * MINUTE_MS), () => void server.updateBoard(RELEASE, { target }));
    });
  }

  /** What one does to a batch. */
  ofBatch(batchId: string): void {
    const { server, chance } = this.parts;
    switch (chance.of(['pause', 'pause', 'concurrency', 'cancel', 'a row', 'a row'] as const)) {
      case 'pause':
        void server.update(batchId, 'pause', 'lunch');
        return server.time.after(chance.ms(5 * MINUTE_MS), () => void server.update(batchId, 'resume', {}));
      case 'concurrency':
        return void server.update(batchId, 'setConcurrency', chance.whole(1, 50));
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
