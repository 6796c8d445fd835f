import type { NativeConnection } from '@temporalio/worker';
import { callError } from '../client/errors.js';
import type { CallToDrive, DrivenCall, FirstTaskDriver } from '../client/first-task-driver.js';
import { HoldfastClient } from '../client/holdfast-client.js';
import { requestHash } from '../client/request-hash.js';
import { ScriptedCall } from './fake-call.js';
import { replyOf, type FakeCall, type FakeScript } from './fake-script.js';

export interface FakeHoldfast {
  /** A client that needs no server. It checks requests, keys and what joins what, as the real one does. */
  readonly client: HoldfastClient;
  /** The calls that were made, in order: one that joins another is none. */
  readonly calls: readonly FakeCall[];
}

/**
 * A client for unit tests: calls answer, and fail, as a script says, without a server, a worker or a provider. What needs a
 * server all the same, lists and batches for instance, throws.
 */
export function fakeHoldfast(script: FakeScript = {}): FakeHoldfast {
  const driver = new ScriptedDriver(script);
  const address = 'the fake of holdfast/testing';
  return { client: HoldfastClient.over(NO_SERVER, { address, eager: false, driver }), calls: driver.calls };
}

/** Takes each call, so that none gets to a server. */
class ScriptedDriver implements FirstTaskDriver {
  readonly calls: FakeCall[] = [];
  readonly #script: FakeScript;
  readonly #kept = new Map<string, { readonly hash: string; readonly call: ScriptedCall }>();
  readonly #made = new Map<string, number>();

  constructor(script: FakeScript) {
    this.#script = script;
  }

  drive({ callId, input }: CallToDrive): DrivenCall {
    const hash = requestHash(input);
    const before = this.#kept.get(callId);
    if (before !== undefined && !before.call.hasFailed) {
      return before.hash === hash ? before.call.joined() : conflict(callId);
    }
    const { operation, request } = input;
    const asked: FakeCall = { callId, operation, request };
    const group = String(request['model']);
    const index = this.#made.get(group) ?? 0;
    this.#made.set(group, index + 1);
    this.calls.push(asked);
    const call = new ScriptedCall(asked, replyOf(this.#script, asked, index), this.calls.length);
    this.#kept.set(callId, { hash, call });
    return call;
  }

  find(callId: string): DrivenCall | null {
    return this.#kept.get(callId)?.call ?? null;
  }

  async close(): Promise<void> {}
}

function conflict(callId: string): DrivenCall {
  const message = `call ${callId} exists with another request. Use another idempotency key, or send the same request`;
  const failed = Promise.reject(callError({ kind: 'ConflictError', message, callId }));
  failed.catch(() => undefined);
  return { started: failed, answer: failed, stop: async () => true, inspect: async () => null };
}

/** Whatever would be asked of a server throws. */
const NO_SERVICE = new Proxy(
  {},
  {
    get: (_, name) => async () => {
      throw new Error(`the fake client of holdfast/testing has no server to ask for ${String(name)}`);
    },
  },
);

const NO_SERVER = new Proxy(
  {},
  { get: (_, name) => (name === 'plugins' ? [] : NO_SERVICE) },
) as unknown as NativeConnection;
