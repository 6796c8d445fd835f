/** Whose API an operation is of: how it is signed in to, and what its errors look like. */
export type Api = 'openai' | 'anthropic';

/** What sets one kind of LLM request apart from another. Adding an operation is adding a row. */
export interface OperationRow {
  readonly api: Api;
  /** The path under the provider's base URL. */
  readonly path: string;
  /** The field of the request that holds the prompt. */
  readonly prompt: string;
  /** What the elements of a prompt that is a list are called, for people. */
  readonly promptParts: string;
  /** The field of the answer without which it is no answer: a list. */
  readonly answer: string;
  /**
   * How a streamed answer comes: in chunks of messages or of texts that have to be put together, in events of which the
   * last has the whole answer, in events of blocks that have to be put together, or not at all.
   */
  readonly stream: 'messages' | 'texts' | 'events' | 'blocks' | null;
  /** Headers of callers that are a part of a request, and go to the provider. @default none */
  readonly headers?: readonly string[];
}

export const OPERATIONS = {
  'chat.completions': {
    api: 'openai',
    path: '/chat/completions',
    prompt: 'messages',
    promptParts: 'messages',
    answer: 'choices',
    stream: 'messages',
  },
  completions: {
    api: 'openai',
    path: '/completions',
    prompt: 'prompt',
    promptParts: 'prompts',
    answer: 'choices',
    stream: 'texts',
  },
  responses: {
    api: 'openai',
    path: '/responses',
    prompt: 'input',
    promptParts: 'items',
    answer: 'output',
    stream: 'events',
  },
  embeddings: {
    api: 'openai',
    path: '/embeddings',
    prompt: 'input',
    promptParts: 'inputs',
    answer: 'data',
    stream: null,
  },
  moderations: {
    api: 'openai',
    path: '/moderations',
    prompt: 'input',
    promptParts: 'inputs',
    answer: 'results',
    stream: null,
  },
  messages: {
    api: 'anthropic',
    path: '/messages',
    prompt: 'messages',
    promptParts: 'messages',
    answer: 'content',
    stream: 'blocks',
    headers: ['anthropic-version', 'anthropic-beta'],
  },
  'images.generations': {
    api: 'openai',
    path: '/images/generations',
    prompt: 'prompt',
    promptParts: 'prompts',
    answer: 'data',
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

/** The operation that a path stands for, with `/v1` or without; undefined: none. */
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
