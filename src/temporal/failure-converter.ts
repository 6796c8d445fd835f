import { DefaultFailureConverter, type PayloadConverter, type ProtoFailure } from '@temporalio/common';
import { keyIdIn } from '../encryption/encryption-error.js';
import { isOfExternalStorage } from '../external-storage/is-of-external-storage.js';
import { cutText } from '../core/common/text.js';

type Context = Parameters<DefaultFailureConverter['errorToFailure']>[2];

/** The longest text of a failure; Temporal itself cuts those of attempts that are retried at 4 KB. */
const MAX_TEXT_LENGTH = 10_000;

/** Is there in the global object of workflows whose failures are to have encoded texts. */
export const ENCODES_TEXTS = 'holdfastEncodesTexts';

/** What is said in place of a text that a payload has. */
const ENCODED = 'Encoded failure';

/**
 * The gate through which every failure of an activity or a workflow reaches Temporal. Its texts travel as they are,
 * unlike payloads, which are JSON: half a surrogate pair in one of them is a message that Temporal's core refuses, and
 * the worker with it. Where payloads are encrypted, texts go into one.
 */
export class FailureConverter extends DefaultFailureConverter {
  private readonly encodesTexts: boolean;

  constructor({ encodesTexts }: { readonly encodesTexts: boolean }) {
    super();
    this.encodesTexts = encodesTexts;
  }

  override errorToFailure(error: unknown, payloads: PayloadConverter, context?: Context): ProtoFailure {
    const failure = boundedTexts(super.errorToFailure(error, payloads, context));
    // Who looks for a call that waits for a key has no key; of storage, the message has the place only.
    if (keyIdIn(error) !== undefined || isOfExternalStorage(error)) return withType(failure, (error as Error).name);
    return this.encodesTexts ? withEncodedTexts(failure, payloads, context) : failure;
  }
}

/** The SDK gives types to what activities throw; what fails a workflow's task tells its own. */
function withType(failure: ProtoFailure, type: string): ProtoFailure {
  return failure.applicationFailureInfo ? failure : { ...failure, applicationFailureInfo: { type } };
}

function withEncodedTexts(failure: ProtoFailure, payloads: PayloadConverter, context?: Context): ProtoFailure {
  const { message, stackTrace } = failure;
  const encodedAttributes = payloads.toPayload({ message, stack_trace: stackTrace }, context);
  return { ...failure, message: ENCODED, stackTrace: '', encodedAttributes };
}

/** The same with each of its texts well-formed and bounded; payloads are bytes, and stay. */
function boundedTexts<T>(value: T): T {
  if (typeof value === 'string') return cutText(value, MAX_TEXT_LENGTH) as T;
  if (Array.isArray(value)) return value.map(boundedTexts) as T;
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, boundedTexts(part)])) as T;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * By this name the SDK finds it in this file, which it loads by itself: into the worker, and with the workflows. Those know
 * no config: their worker leaves them word whether texts are to be encoded.
 */
export const failureConverter = new FailureConverter({ encodesTexts: ENCODES_TEXTS in globalThis });
