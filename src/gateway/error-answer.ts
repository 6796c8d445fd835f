import { isCallError, type CallError } from '../client/errors.js';
import type { ErrorKind } from '../core/errors/error-kinds.js';
import { responseHeaders } from '../core/call/response-headers.js';
import { SEND_LESS } from '../core/common/limits.js';
import { EncryptionError } from '../encryption/encryption-error.js';
import { ExternalStorageError } from '../external-storage/external-storage-error.js';
import { StorageError } from '../storage/index.js';
import { TemporalUnavailableError } from '../temporal/errors.js';
import { Disconnected } from './disconnects.js';
import { isBatchId } from './files/ids.js';
import { OPENAI_ERRORS, QUOTA_USED_UP } from './error-types.js';
import { Refusal, type RefusalInit } from './refusal.js';

/** An error in the form of OpenAI's API, with the kind beside it. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    /** The parameter that the provider complained about. */
    readonly param: string | null;
    /** The provider's own name for the error, else OpenAI's for the kind. */
    readonly code: string | null;
    /** The error kind: what `type` and `code` say too roughly. */
    readonly kind: ErrorKind;
  };
}

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
  /** Whether it is a fault of the gateway or its surroundings, which belongs into its log. */
  readonly unexpected: boolean;
}

export interface ErrorAnswerOptions {
  /** Whether the same request leads to the same call or batch, or changes nothing. @default false */
  readonly repeatable?: boolean | undefined;
  /** The status of a call that made all its retries, where its own would make clients send it again. @default its own */
  readonly exhaustedCallStatus?: number | undefined;
}

/** What clients retry by themselves, however the call came to it. */
function isRetriedByClients(status: number): boolean {
  return [408, 409, 425, 429].includes(status) || status >= 500;
}

/**
 * What a client is told of an error. Every answer says whether its SDK shall ask again: OpenAI's retry 408, 409, 429 and
 * 5xx by themselves, and would run a call that has had all its retries as a whole once more.
 */
export function errorAnswer(error: unknown, options: ErrorAnswerOptions = {}): ErrorAnswer {
  const { repeatable = false, exhaustedCallStatus } = options;
  if (!(error instanceof Refusal) && isCallError(error)) return callFailed(error, exhaustedCallStatus);
  const refusal = asRefusal(error, repeatable);
  const { kind, message, status, code, retryAfterSeconds, askAgain, callId } = refusal ?? UNEXPECTED;
  return {
    status,
    headers: {
      ...(callId === undefined ? {} : responseHeaders({ callId, report: null, failed: true })),
      'x-should-retry': String(askAgain),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }),
    },
    body: errorBody({ kind, message, code }),
    unexpected: refusal === null || OF_THE_OPERATOR.some((known) => error instanceof known),
  };
}

/** What is told in full in the log only. */
const OF_THE_OPERATOR = [StorageError, TemporalUnavailableError, EncryptionError, ExternalStorageError];

const UNEXPECTED = new Refusal({
  kind: 'InternalServerError',
  message: 'the gateway failed in a way that nobody expected: its log has this request by its x-request-id',
});

/** Nobody reads it. */
const CLIENT_LEFT = new Refusal({ kind: 'CancelledError', message: 'the client went away' });

function callFailed(error: CallError, exhaustedCallStatus: number | undefined): ErrorAnswer {
  const { callId, report, status, retryAfterMs } = error;
  const body = errorBody(error);
  if (callId === null) return { status, headers: { 'x-should-retry': 'false' }, body, unexpected: false };
  const headers = responseHeaders({ callId, report, failed: true, retryAfterMs });
  if (exhaustedCallStatus === undefined || !isRetriedByClients(status)) {
    return { status, headers, body, unexpected: false };
  }
  const withStatus = { ...headers, 'x-holdfast-status': String(status) };
  return { status: exhaustedCallStatus, headers: withStatus, body, unexpected: false };
}

export interface DescribedError extends Pick<CallError, 'kind' | 'message'> {
  readonly code?: string | null | undefined;
  readonly param?: string | null | undefined;
}

export function errorBody({ kind, message, code, param }: DescribedError): ErrorBody {
  const row = code === QUOTA_USED_UP.code ? QUOTA_USED_UP : OPENAI_ERRORS[kind];
  return { error: { message, type: row.type, param: param ?? null, code: code ?? row.code, kind } };
}

function asRefusal(error: unknown, repeatable: boolean): Refusal | null {
  if (error instanceof Refusal) return error;
  if (error instanceof TemporalUnavailableError) return temporalIsAway(error, repeatable);
  if (error instanceof Disconnected) return CLIENT_LEFT;
  if (error instanceof StorageError) return storageIsAway(error);
  if (error instanceof EncryptionError) return keyIsMissing(error);
  if (error instanceof ExternalStorageError) return payloadIsAway(error);
  return refusalOfFramework(error);
}

/** Where files are, and what is wrong there, is the operator's business, too. */
function storageIsAway({ code, cause }: StorageError): Refusal {
  if (cause instanceof EncryptionError) return keyIsMissing(cause);
  const status = code === 'full' ? 507 : undefined;
  const message = `the storage of this gateway's files is ${code}: its log has this request by its x-request-id`;
  return new Refusal({ kind: 'ServiceUnavailableError', message, status });
}

/** Where payloads are is the operator's business, too. */
function payloadIsAway({ code }: ExternalStorageError): Refusal {
  const status = code === 'full' ? 507 : undefined;
  const message = `the external storage of requests and answers is ${code}: its log has this request by its x-request-id`;
  return new Refusal({ kind: 'ServiceUnavailableError', message, status });
}

/** What is encrypted stays, and is read as soon as the key is there. */
function keyIsMissing({ keyId }: EncryptionError): Refusal {
  const message = `the data is encrypted under the key "${keyId}", with which this gateway cannot decrypt it; nothing of it is lost. Its log has this request by its x-request-id`;
  return new Refusal({ kind: 'ServiceUnavailableError', message });
}

/**
 * Where the server is, and what its operator should do, is the operator's business: it stands in the log. Nothing is said
 * of a call or batch but what is certain.
 */
function temporalIsAway({ workflowId }: TemporalUnavailableError, repeatable: boolean): Refusal {
  const away = 'the Temporal server behind this gateway cannot be reached';
  const askAgain = workflowId === null || repeatable;
  const again = repeatable ? 'send the same request with the same Idempotency-Key again, or ' : '';
  return new Refusal({
    kind: 'ServiceUnavailableError',
    message:
      workflowId === null
        ? `${away}; nothing was started`
        : `${away}. ${workflowId} may have been started, and goes on then when it is back: ${again}see GET ${placeOf(workflowId)}`,
    callId: workflowId ?? undefined,
    ...(askAgain && { askAgain, retryAfterSeconds: 2 }),
  });
}

function placeOf(id: string): string {
  return isBatchId(id) ? `/v1/batches/${id}` : `/holdfast/calls/${id}`;
}

/** fastify's own errors that have a better message, or another kind than their status tells. */
const FRAMEWORK: Readonly<Record<string, Pick<RefusalInit, 'kind' | 'message' | 'status'>>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    kind: 'RequestTooLargeError',
    message: `the body of the request is too large. ${SEND_LESS}`,
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    kind: 'BadRequestError',
    message: 'send JSON, with the header Content-Type: application/json',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { kind: 'BadRequestError', message: 'the body is empty; send a JSON object' },
  FST_ERR_CTP_INVALID_JSON_BODY: {
    kind: 'BadRequestError',
    message: 'the body is not valid JSON, or has a key __proto__ or constructor.prototype, which none may have',
  },
  FST_FILES_LIMIT: { kind: 'BadRequestError', status: 400, message: 'one file per upload: send each in a request' },
};

/** What fastify refuses by itself: always with a status of the 4xx. */
function refusalOfFramework(error: unknown): Refusal | null {
  if (!(error instanceof Error) || !('statusCode' in error)) return null;
  const { statusCode: status } = error;
  if (typeof status !== 'number' || status < 400 || status >= 500) return null;
  const known = 'code' in error ? FRAMEWORK[String(error.code)] : undefined;
  return new Refusal({ kind: 'BadRequestError', message: error.message, status, ...known });
}
