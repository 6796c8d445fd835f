/** gRPC's status codes that mean something here. */
export const GRPC = {
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** A connection that broke, in the words of the SDK's two transports; the code tells nothing then. */
const BROKEN_CONNECTION =
  /transport error|failed to connect|tcp connect error|connection (?:refused|reset|dropped|closed)|broken pipe|RST_STREAM|GOAWAY|ECONNREFUSED|ECONNRESET|EPIPE|h2 protocol error|deadline|timeout expired/i;

/** Codes that the transports give to a broken connection, null among them, and to much else. */
const VAGUE: readonly (number | null)[] = [null, GRPC.CANCELLED, GRPC.UNKNOWN, GRPC.INTERNAL];

/** The server has looked at the request, and did nothing. */
const DEFINITE: readonly (number | null)[] = [
  GRPC.INVALID_ARGUMENT,
  GRPC.NOT_FOUND,
  GRPC.ALREADY_EXISTS,
  GRPC.PERMISSION_DENIED,
  GRPC.FAILED_PRECONDITION,
  GRPC.OUT_OF_RANGE,
  GRPC.UNIMPLEMENTED,
  GRPC.UNAUTHENTICATED,
];

/** Which server of which namespace was asked. */
export interface TemporalPlace {
  readonly address: string;
  readonly namespace: string;
}

/** An error as it came: the code and all texts of the chain of its causes. */
interface Facts {
  readonly code: number | null;
  readonly text: string;
}

interface Meaning {
  /** Whether the same request is worth sending again soon. */
  readonly transient: boolean;
  readonly fits: (facts: Facts) => boolean;
  readonly advice: (place: TemporalPlace) => string;
}

/** What errors of Temporal's mean to whoever asked; the first that fits counts. */
const MEANINGS: readonly Meaning[] = [
  {
    transient: true,
    fits: ({ code, text }) =>
      code === GRPC.UNAVAILABLE ||
      code === GRPC.DEADLINE_EXCEEDED ||
      code === GRPC.CANCELLED ||
      (VAGUE.includes(code) && BROKEN_CONNECTION.test(text)),
    advice: ({ address }) =>
      `no Temporal server answers at ${address}. Start one with \`holdfast dev\`, ` +
      'or say where yours is with --address or TEMPORAL_ADDRESS',
  },
  {
    transient: false,
    fits: ({ code, text }) => code === GRPC.RESOURCE_EXHAUSTED && /message larger than max/i.test(text),
    advice: ({ address }) =>
      `an answer of the Temporal server at ${address} is larger than the connection takes, which was made without Holdfast: ` +
      "make it with channelArgs: { 'grpc.max_receive_message_length': 128 * 1024 * 1024 }",
  },
  {
    transient: true,
    fits: ({ code }) => code === GRPC.RESOURCE_EXHAUSTED,
    advice: ({ address, namespace }) =>
      `the Temporal server at ${address} takes no more requests of namespace "${namespace}" for now: ` +
      'ask for less at once, or raise its limits (frontend.namespaceRPS)',
  },
  {
    transient: false,
    // The SDK's own error for it carries no code.
    fits: ({ code, text }) =>
      /(?:^|\n)namespace not found/i.test(text) || (code === GRPC.NOT_FOUND && /namespace/i.test(text)),
    advice: ({ address, namespace }) =>
      `the Temporal server at ${address} has no namespace "${namespace}". Set TEMPORAL_NAMESPACE or --namespace, ` +
      `or create it: temporal operator namespace create --namespace ${namespace}`,
  },
  {
    transient: false,
    fits: ({ code, text }) => code === GRPC.INVALID_ARGUMENT && /search attribute/i.test(text),
    advice: ({ namespace }) =>
      `the namespace "${namespace}" lacks Holdfast's search attributes. A worker registers them when it starts: ` +
      'start one with `holdfast worker`, or see docs/operations.md',
  },
  {
    transient: false,
    fits: ({ code, text }) => code === GRPC.FAILED_PRECONDITION && /no poller/i.test(text),
    advice: () =>
      'no worker answers: the last one that was seen is gone. Start one with `holdfast worker`, or `holdfast dev`',
  },
  {
    transient: false,
    fits: ({ code }) => code === GRPC.PERMISSION_DENIED || code === GRPC.UNAUTHENTICATED,
    advice: ({ address, namespace }) =>
      `the Temporal server at ${address} refused the credentials for namespace "${namespace}". Check TEMPORAL_API_KEY or the TLS settings of the profile`,
  },
];

export interface TemporalUnavailableInit extends ErrorOptions {
  /** @default false */
  readonly transient?: boolean | undefined;
  /** @default none */
  readonly workflowId?: string | undefined;
}

/** Temporal could not be used: which server, what happened, what to do. */
export class TemporalUnavailableError extends Error {
  override readonly name = 'TemporalUnavailableError';
  /** Whether it is worth asking again soon: the server is away, or busy. */
  readonly transient: boolean;
  /**
   * The call or batch that goes on, or that may have been started: its id was chosen before, and asking again with it is
   * safe. Null: nothing was started.
   */
  readonly workflowId: string | null;

  constructor(message: string, { transient = false, workflowId, ...options }: TemporalUnavailableInit = {}) {
    super(message, options);
    this.transient = transient;
    this.workflowId = workflowId ?? null;
  }
}

/**
 * An error of Temporal's in words that help; other errors stay as they are.
 * @param workflowId - the call or batch that was started before, and that the error does not touch
 */
export function explainTemporalError(error: unknown, place: TemporalPlace, workflowId?: string): unknown {
  const facts = factsOf(error);
  const meaning = MEANINGS.find(({ fits }) => fits(facts));
  if (meaning === undefined) return error;
  return new TemporalUnavailableError(meaning.advice(place), {
    transient: meaning.transient,
    workflowId,
    cause: error,
  });
}

/**
 * An error of a start in words that help. Where the server may have heard of the start, they say so: only an answer of
 * the server's is certain.
 */
export function explainStartError(error: unknown, place: TemporalPlace, workflowId: string): unknown {
  const explained = explainTemporalError(error, place);
  const { code } = factsOf(error);
  const transient = explained instanceof TemporalUnavailableError && explained.transient;
  if (DEFINITE.includes(code) || (code === null && !transient)) return explained;
  const what = explained instanceof Error ? explained.message : String(explained);
  const message = `${what}. Whether ${workflowId} was started is not known; asking for it again with this id is safe`;
  return new TemporalUnavailableError(message, { transient, workflowId, cause: error });
}

/** The error of a start that its caller gave up to wait for. */
export function startNotAwaited(workflowId: string, cause: unknown): TemporalUnavailableError {
  const message = `whether ${workflowId} was started is not known: the Temporal server was not waited for any longer`;
  return new TemporalUnavailableError(message, { transient: true, workflowId, cause });
}

function factsOf(error: unknown): Facts {
  let code: number | null = null;
  const texts: string[] = [];
  for (let value = error; value instanceof Error; value = value.cause) {
    if (code === null && 'code' in value && typeof value.code === 'number') code = value.code;
    texts.push(value.message);
    if ('details' in value && typeof value.details === 'string') texts.push(value.details);
  }
  return { code, text: texts.join('\n') };
}
