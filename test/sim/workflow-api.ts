// What `@temporalio/workflow` is in the simulator: the workflows' own code runs on this model of Temporal.
import { AsyncLocalStorage } from 'node:async_hooks';
import { ActivityFailure, CancelledFailure, ChildWorkflowFailure } from '@temporalio/common';

export { ActivityFailure, ApplicationFailure, ChildWorkflowFailure } from '@temporalio/common';

interface ChildOptions {
  readonly workflowId: string;
  readonly args: readonly unknown[];
  readonly priority?: object;
}

/** The run that code of a workflow belongs to. */
interface CurrentRun {
  readonly info: object;
  readonly rootScope: CancellationScope;
  readonly conditions: { readonly holds: () => boolean; readonly resolve: () => void }[];
  readonly handlers: Map<string, { readonly handle: Handle; readonly validator: Handle | undefined }>;
  readonly handlersUnderWay: number;
  count(events: number): void;
  timer(ms: number, fire: () => void): void;
  activity(name: string, input: unknown, options: object, scope: CancellationScope): Promise<unknown>;
  localActivity(name: string, input: unknown, options: object): Promise<unknown>;
  startChild(options: ChildOptions): Promise<{ result(): Promise<unknown> }>;
}

export const runs = new AsyncLocalStorage<CurrentRun>();
const scopes = new AsyncLocalStorage<CancellationScope>();

function current(): CurrentRun {
  const run = runs.getStore();
  if (run === undefined) throw new Error('this is called in a workflow only');
  return run;
}

interface ScopeOptions {
  readonly cancellable?: boolean;
  /** Null: a root. */
  readonly parent?: CancellationScope | null;
}

export class CancellationScope {
  readonly cancellable: boolean;
  readonly cancelRequested: Promise<never>;
  private isRequested = false;
  private reject: (error: Error) => void = () => {};

  constructor({ cancellable = true, parent = CancellationScope.current() }: ScopeOptions = {}) {
    this.cancellable = cancellable;
    this.cancelRequested = new Promise((_resolve, reject) => {
      this.reject = (error) => {
        this.isRequested = true;
        reject(error);
      };
    });
    this.cancelRequested.catch(() => {});
    if (parent === null || !parent.cancellable) return;
    this.isRequested = parent.isRequested;
    parent.cancelRequested.catch((error: unknown) => this.reject(error as Error));
  }

  get consideredCancelled(): boolean {
    return this.isRequested && this.cancellable;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return scopes.run(this, async () => work());
  }

  cancel(): void {
    this.reject(new CancelledFailure('Cancellation scope cancelled'));
  }

  static current(): CancellationScope {
    return scopes.getStore() ?? current().rootScope;
  }

  static nonCancellable<T>(work: () => Promise<T>): Promise<T> {
    return new this({ cancellable: false }).run(work);
  }
}

export function rootScope(): CancellationScope {
  return new CancellationScope({ parent: null });
}

export class ContinueAsNew extends Error {
  readonly input: unknown;

  constructor(input: unknown) {
    super('Workflow continued as new');
    this.input = input;
  }
}

export function isCancellation(error: unknown): boolean {
  const isWrapped = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure;
  return error instanceof CancelledFailure || (isWrapped && error.cause instanceof CancelledFailure);
}

type ByName = Record<string, (input: unknown) => Promise<unknown>>;

export function proxyActivities(options: object): ByName {
  return byName((name, input) => current().activity(name, input, options, CancellationScope.current()));
}

export function proxyLocalActivities(options: object): ByName {
  return byName((name, input) => current().localActivity(name, input, options));
}

function byName(call: (name: string, input: unknown) => Promise<unknown>): ByName {
  return new Proxy({}, { get: (_, name) => (input: unknown) => call(String(name), input) });
}

export const workflowInfo = () => current().info;
export const patched = () => true;
export const setWorkflowOptions = () => undefined;
export const setCurrentDetails = () => undefined;
export const upsertSearchAttributes = () => current().count(1);
export const upsertMemo = () => current().count(1);
export const allHandlersFinished = () => current().handlersUnderWay === 0;

/** False: the time was over first. */
export function condition(holds: () => boolean, timeoutMs?: number): Promise<boolean> {
  if (holds()) return Promise.resolve(true);
  const run = current();
  return new Promise((resolve) => {
    const waiting = { holds, resolve: () => resolve(true) };
    run.conditions.push(waiting);
    if (timeoutMs === undefined) return;
    run.timer(timeoutMs, () => {
      const index = run.conditions.indexOf(waiting);
      if (index !== -1) run.conditions.splice(index, 1);
      resolve(false);
    });
  });
}

export function sleep(ms: number): Promise<void> {
  const scope = CancellationScope.current();
  return new Promise((resolve, reject) => {
    current().timer(Math.max(1, ms), resolve);
    if (scope.cancellable) scope.cancelRequested.catch(reject);
  });
}

export interface Message {
  readonly kind: 'query' | 'signal' | 'update';
  readonly name: string;
}

export const defineQuery = (name: string): Message => ({ kind: 'query', name });
export const defineSignal = (name: string): Message => ({ kind: 'signal', name });
export const defineUpdate = (name: string): Message => ({ kind: 'update', name });

type Handle = (...args: unknown[]) => unknown;

export function setHandler({ name }: Message, handle: Handle, { validator }: { validator?: Handle } = {}): void {
  current().handlers.set(name, { handle, validator });
}

export function startChild(_: string, options: ChildOptions) {
  return current().startChild(options);
}

export async function continueAsNew(input: unknown): Promise<never> {
  throw new ContinueAsNew(input);
}

export const makeContinueAsNewFunc = () => continueAsNew;
