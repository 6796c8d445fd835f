import type { ErrorKind } from './error-kinds.js';
import type { ProviderError } from './failure-facts.js';
import { ownProperty } from '../common/own-property.js';
import { CONTENT_POLICY_TEXTS } from './tables/content-policy-texts.js';
import { CONTEXT_WINDOW_TEXTS } from './tables/context-window-texts.js';
import { KIND_OF_CODE, STATUSES_OF_KIND } from './tables/kinds-of-codes.js';
import { LOST_STATE_CODES, LOST_STATE_TEXTS } from './tables/lost-state.js';
import { STATUS_OF_TEXT, STATUS_OF_WORD } from './tables/status-of-words.js';
import { anyMatches } from './tables/text-row.js';
import { UNSUPPORTED_PARAMS_TEXTS } from './tables/unsupported-params-texts.js';
import { USED_UP_CODES, USED_UP_QUOTA_ID, USED_UP_TEXTS } from './tables/used-up.js';

export interface KindAndStatus {
  kind: ErrorKind;
  status?: number;
}

const KIND_OF_STATUS: Readonly<Record<number, ErrorKind>> = {
  401: 'AuthenticationError',
  402: 'PaymentRequiredError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
  408: 'Timeout',
  409: 'ConflictError',
  422: 'UnprocessableEntityError',
  429: 'RateLimitError',
  502: 'BadGatewayError',
  503: 'ServiceUnavailableError',
  504: 'GatewayTimeoutError',
};

/** The status decides first, then code and type, and text only tells kinds of the same status apart. */
export function kindOfHttpError(status: number, error: ProviderError): KindAndStatus {
  const known = specificKind(status, error) ?? KIND_OF_STATUS[status];
  if (known !== undefined) return { kind: known, status };
  if (status >= 400 && status < 500) return { kind: 'BadRequestError', status };
  if (status >= 500 && status < 600) return { kind: 'InternalServerError', status };
  return { kind: 'InvalidResponseError' };
}

/** An error under a 200 is judged as if it had come with the status that it names, in digits or in words. */
export function kindOfErrorIn200(error: ProviderError): KindAndStatus {
  const status = statusInDigits(error) ?? statusInWords(error);
  return status === null ? { kind: 'InvalidResponseError' } : kindOfHttpError(status, error);
}

/** 500 is what proxies write for "something". */
function statusInDigits({ code, status }: ProviderError): number | null {
  const named = [code, status].map((value) =>
    typeof value === 'string' && DIGITS.test(value) ? Number(value) : value,
  );
  return named.find(isErrorStatus) ?? null;
}

const DIGITS = /^\d+$/;

function isErrorStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600 && value !== 500;
}

function statusInWords(error: ProviderError): number | null {
  const codes = codesOf(error);
  if (codes.some((code) => ownProperty(KIND_OF_CODE, code) !== undefined)) return 400;
  if (isUsedUp(error)) return 429;
  if (isContextWindow(error) || anyMatches(CONTENT_POLICY_TEXTS, textsOf(error))) return 400;
  const known = codes.map((code) => ownProperty(STATUS_OF_WORD, code)).find((status) => status !== undefined);
  return known ?? STATUS_OF_TEXT.find((row) => anyMatches([row], textsOf(error)))?.status ?? null;
}

type SpecificKind = keyof typeof STATUSES_OF_KIND;

const TEXTS_OF_KIND: readonly (readonly [kind: SpecificKind, isSo: (error: ProviderError) => boolean])[] = [
  ['ContextWindowExceededError', isContextWindow],
  ['ContentPolicyViolationError', (error) => anyMatches(CONTENT_POLICY_TEXTS, textsOf(error))],
  ['UnsupportedParamsError', (error) => anyMatches(UNSUPPORTED_PARAMS_TEXTS, textsOf(error))],
];

function specificKind(status: number, error: ProviderError): SpecificKind | undefined {
  const mayBe = (kind: SpecificKind) => STATUSES_OF_KIND[kind].includes(status);
  const ofCodes = codesOf(error).map((code) => ownProperty(KIND_OF_CODE, code));
  return (
    ofCodes.find((kind) => kind !== undefined && mayBe(kind)) ??
    TEXTS_OF_KIND.find(([kind, isSo]) => mayBe(kind) && isSo(error))?.[0]
  );
}

const STRING_TOO_LONG = /string too long\. expected a string with maximum length/i;

function isContextWindow(error: ProviderError): boolean {
  const texts = textsOf(error);
  // With this code OpenAI means a limit on the length of one string, which no larger window lifts.
  if (texts.some((text) => STRING_TOO_LONG.test(text))) return error.code !== 'string_above_max_length';
  return anyMatches(CONTEXT_WINDOW_TEXTS, texts);
}

/** Whether a quota, or a balance, is used up that no wait brings back soon. */
export function isUsedUp(error: ProviderError): boolean {
  return (
    codesOf(error).some((code) => USED_UP_CODES.includes(code)) ||
    (error.quotaIds ?? []).some((id) => USED_UP_QUOTA_ID.test(id)) ||
    anyMatches(USED_UP_TEXTS, textsOf(error))
  );
}

/** The kind of such errors, whose own rule is not to move. */
export const LOST_STATE_KIND = 'BadRequestError' satisfies ErrorKind;

/** Whether what the request refers to is not there, but may be at another deployment. */
export function isLostState(error: ProviderError): boolean {
  return codesOf(error).some((code) => LOST_STATE_CODES.includes(code)) || anyMatches(LOST_STATE_TEXTS, textsOf(error));
}

/** Where a provider may have put its own name for an error, the most precise first, in small letters. */
function codesOf({ code, innerCode, type, status }: ProviderError): string[] {
  return [typeof code === 'number' ? String(code) : code, innerCode, type, status]
    .filter((name) => typeof name === 'string')
    .map((name) => name.toLowerCase());
}

function textsOf({ message, moreTexts = [] }: ProviderError): string[] {
  return message === undefined ? [...moreTexts] : [message, ...moreTexts];
}
