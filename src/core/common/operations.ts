/** What sets one kind of LLM request apart from another. Adding an operation is adding a row. */
export interface OperationRow {
  /** The path under the provider's base URL. */
  readonly path: string;
  /** The field of the request that holds the prompt. */
  readonly prompt: string;
  /** What the elements of a prompt that is a list are called, for people. */
  readonly promptParts: string;
  /** The field of the answer without which it is no answer: a list that is not empty. */
  readonly answer: string;
  /**
   * Where the answer says how it came to its end, and whether a content filter blocked it: in the `finish_reason` of
   * each element, in a `status` of its own, or nowhere.
   */
  readonly ending: 'finish_reason' | 'status' | null;
  /**
   * How a streamed answer comes: in chunks of messages or of texts that have to be put together, in events of which the
   * last has the whole answer, or not at all.
   */
  readonly stream: 'messages' | 'texts' | 'events' | null;
}

export const OPERATIONS = {
  'chat.completions': {
    path: '/chat/completions',
    prompt: 'messages',
    promptParts: 'messages',
    answer: 'choices',
    ending: 'finish_reason',
    stream: 'messages',
  },
  completions: {
    path: '/completions',
    prompt: 'prompt',
    promptParts: 'prompts',
    answer: 'choices',
    ending: 'finish_reason',
    stream: 'texts',
  },
  responses: {
    path: '/responses',
    prompt: 'input',
    promptParts: 'items',
    answer: 'output',
    ending: 'status',
    stream: 'events',
  },
  embeddings: {
    path: '/embeddings',
    prompt: 'input',
    promptParts: 'inputs',
    answer: 'data',
    ending: null,
    stream: null,
  },
  moderations: {
    path: '/moderations',
    prompt: 'input',
    promptParts: 'inputs',
    answer: 'results',
    ending: null,
    stream: null,
  },
  // By URL only: images as base64 are too large to be kept in a history.
  'images.generations': {
    path: '/images/generations',
    prompt: 'prompt',
    promptParts: 'prompts',
    answer: 'data',
    ending: null,
    stream: null,
  },
} as const satisfies Record<string, OperationRow>;

export type Operation = keyof typeof OPERATIONS;

const OPERATION_OF_URL: ReadonlyMap<unknown, Operation> = new Map(
  Object.entries(OPERATIONS).flatMap(([operation, { path }]) => [
    [path, operation as Operation],
    [`/v1${path}`, operation as Operation],
  ]),
);

/** The operation that a path of OpenAI's API stands for, with `/v1` or without; undefined: none. */
export function operationOfUrl(url: unknown): Operation | undefined {
  return OPERATION_OF_URL.get(url);
}

/** For messages: the paths that stand for operations. */
export const OPERATION_URLS = Object.values(OPERATIONS)
  .map(({ path }) => `/v1${path}`)
  .join(', ');

export function isOperation(name: unknown): name is Operation {
  return typeof name === 'string' && Object.hasOwn(OPERATIONS, name);
}
