import { setTimeout as sleep } from 'node:timers/promises';
import { isCallError, type CallHandle, type ChatCompletionRequest, type HoldfastClient } from '../../src/client.js';
import type { CallReport } from '../../src/core/call/call-types.js';
import { responseHeaders } from '../../src/core/call/response-headers.js';

/** What came of a request, in the terms in which cases say what they want. */
export interface Outcome {
  readonly ok: boolean;
  readonly group: string | null;
  readonly kind: string | null;
  readonly status: number | null;
  readonly message: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly elapsedMs: number;
  readonly report: CallReport | null;
}

/** A request that does not come to an end is a fault of its own. */
export class OverrunError extends Error {
  override readonly name = 'OverrunError';
}

const CANCEL_MS = 5_000;

/**
 * Makes a request and waits for what comes of it.
 * @throws OverrunError when that takes longer than the limit
 */
export async function ask(client: HoldfastClient, request: Record<string, unknown>, limitMs: number): Promise<Outcome> {
  const startedMs = performance.now();
  const elapsedMs = () => performance.now() - startedMs;
  try {
    const handle = await client.start(request as unknown as ChatCompletionRequest);
    const { report } = await resultInTime(handle, limitMs);
    return {
      ok: true,
      group: report.group,
      kind: null,
      status: 200,
      message: null,
      headers: responseHeaders({ callId: handle.callId, report, failed: false }),
      elapsedMs: elapsedMs(),
      report,
    };
  } catch (error) {
    if (!isCallError(error)) throw error;
    const { kind, status, message, callId, report } = error;
    return {
      ok: false,
      group: null,
      kind,
      status,
      message,
      headers: callId === null ? {} : responseHeaders({ callId, report, failed: true }),
      elapsedMs: elapsedMs(),
      report,
    };
  }
}

async function resultInTime<T>(handle: CallHandle<T>, limitMs: number) {
  const result = handle.result();
  const timer = new AbortController();
  try {
    const ended = await Promise.race([result, sleep(limitMs, null, { signal: timer.signal })]);
    if (ended !== null) return ended;
  } finally {
    timer.abort();
  }
  const { pending } = await handle.describe();
  await handle.cancel();
  await Promise.race([result.catch(() => undefined), sleep(CANCEL_MS)]);
  const doing =
    pending === null ? 'no group was running' : `${pending.group}: ${pending.progress?.now ?? pending.state}`;
  throw new OverrunError(`no result after ${Math.round(limitMs / 1000)} s; ${doing}`);
}
