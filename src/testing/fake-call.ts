import { callError, errorOfFailure } from '../client/errors.js';
import type { DrivenCall } from '../client/first-task-driver.js';
import type { CallInspection } from '../client/inspect-call.js';
import type { CallState } from '../client/describe-call.js';
import { callFailure } from '../core/call/call-failure.js';
import type { CallReport, CallResult } from '../core/call/call-types.js';
import { OPERATIONS } from '../core/common/operations.js';
import { EMPTY_LEDGER } from '../core/ledger/ledger.js';
import { requestLine } from '../core/plan/request.js';
import { findRoute } from '../mock-provider/endpoints.js';
import { lastUserText } from '../mock-provider/prompt.js';
import { SUCCESS_BODIES } from '../mock-provider/success-bodies.js';
import { reportOfReply } from './fake-report.js';
import type { FakeCall, FakeReply } from './fake-script.js';

/** A call of the fake client: over at once, or when it is cancelled. */
export class ScriptedCall implements DrivenCall {
  readonly started: Promise<string | null>;
  readonly answer: Promise<CallResult>;
  readonly #call: FakeCall;
  readonly #startedAt = new Date();
  #state: CallState = 'running';
  #report: CallReport | null = null;
  #cancel: (reason: Error) => void = () => undefined;

  /** @param number - of the call, for the id of its response */
  constructor(call: FakeCall, reply: FakeReply, number: number) {
    this.#call = call;
    this.started = Promise.resolve(call.callId);
    this.answer = reply.hang === true ? this.#untilCancelled() : this.#ended(reply, number);
    // Whoever waits for it hears of it.
    this.answer.catch(() => undefined);
  }

  /** The same call, for whoever asks for it again. */
  joined(): DrivenCall {
    return { started: Promise.resolve(null), answer: this.answer, stop: this.stop, inspect: this.inspect };
  }

  get hasFailed(): boolean {
    return this.#state === 'failed' || this.#state === 'cancelled';
  }

  readonly stop = async (): Promise<boolean> => {
    if (this.#state === 'running') {
      this.#state = 'cancelled';
      const { callId } = this.#call;
      this.#cancel(callError({ kind: 'CancelledError', message: `call ${callId} was cancelled`, callId }));
    }
    return true;
  };

  readonly inspect = async (): Promise<CallInspection> => {
    const { callId, operation, request } = this.#call;
    return {
      callId,
      owner: null,
      runId: callId,
      state: this.#state,
      startedAt: this.#startedAt,
      closedAt: this.#state === 'running' ? null : this.#startedAt,
      summary: requestLine(operation, { ...request }),
      group: String(request['model']),
      beginsAt: null,
      workflowPause: null,
      stoppedBy: null,
      pending: null,
      ledger: this.#report?.ledger ?? EMPTY_LEDGER,
      now: this.#state,
      report: this.#report,
    };
  };

  async #untilCancelled(): Promise<never> {
    return new Promise((_resolve, reject) => (this.#cancel = reject));
  }

  async #ended(reply: FakeReply, number: number): Promise<CallResult> {
    const { callId, request } = this.#call;
    const report = reportOfReply(String(request['model']), reply, this.#startedAt.toISOString());
    this.#report = report;
    const { error, message = `${error}: so the script says`, status, retryAfterMs } = reply;
    this.#state = error === undefined ? 'answered' : 'failed';
    if (error === undefined) return { response: responseOf(this.#call, reply, number), report };
    const told = callFailure(error, message);
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw errorOfFailure({ ...told, status: status ?? told.status, ...wait, report }, callId, undefined);
  }
}

/** In the form of the operation, as the scripted provider has it. */
function responseOf({ operation, request }: FakeCall, { response }: FakeReply, number: number): unknown {
  if (typeof response === 'object') return response;
  const endpoint = findRoute(`/v1${OPERATIONS[operation].path}`)?.endpoint ?? 'models';
  const text = response ?? `Echo: ${lastUserText({ ...request })}`;
  const model = String(request['model']);
  if (endpoint === 'models') return {};
  return SUCCESS_BODIES[endpoint]({ number, model, text, finishReason: 'stop', request: { ...request } });
}
