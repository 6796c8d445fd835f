import type { z } from 'zod';
import { ERROR_KINDS, type ErrorKind } from '../core/errors/error-kinds.js';

/** Why a request was not let in. */
export type AdmissionProblem =
  'no key' | 'unknown key' | 'expired key' | 'limit of key' | 'limit of gateway' | 'model group' | 'master key';

export interface RefusalInit {
  readonly kind: ErrorKind;
  readonly message: string;
  /** @default the kind's */
  readonly status?: number | undefined;
  /** OpenAI's `code`. @default the kind's */
  readonly code?: string | undefined;
  /** When it is worth asking again. @default not known */
  readonly retryAfterSeconds?: number | undefined;
  /** Whether the same request is worth sending again, and runs no call twice. @default false */
  readonly askAgain?: boolean | undefined;
  /** The call that goes on, or was left. @default none was started */
  readonly callId?: string | undefined;
  /** It was not let in, for this. @default it was */
  readonly admission?: AdmissionProblem | undefined;
}

/** A request that the gateway does not serve. What the client is told; `error-answer.ts` says how. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly kind: ErrorKind;
  readonly status: number;
  readonly code: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly askAgain: boolean;
  readonly callId: string | undefined;
  readonly admission: AdmissionProblem | undefined;

  constructor({ kind, message, status, code, retryAfterSeconds, askAgain = false, callId, admission }: RefusalInit) {
    super(message);
    this.kind = kind;
    this.status = status ?? ERROR_KINDS[kind].status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.askAgain = askAgain;
    this.callId = callId;
    this.admission = admission;
  }
}

/** A body or a query of another form than a route takes. */
export function notValid({ issues }: z.ZodError): Refusal {
  const problems = issues.map(({ path, message }) => `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`);
  return new Refusal({ kind: 'BadRequestError', message: `the request is not valid: ${problems.join('; ')}` });
}
