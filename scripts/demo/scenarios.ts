import type { ChatCompletionRequest } from '../../src/client.js';
import type { ErrorKind } from '../../src/core/errors/error-kinds.js';
import type { Step } from '../../src/mock-provider/index.js';

/** A call that the demo makes. */
export interface Scenario {
  /** Part of the call's id. */
  readonly name: string;
  readonly title: string;
  /** What is going to happen. */
  readonly what: string;
  readonly group: string;
  readonly prompt: string;
  /** What the call sets for itself. */
  readonly settings?: Partial<ChatCompletionRequest>;
  /** What of the group's policy matters here. */
  readonly policy: PolicyAspects;
  /** What the scripted provider does with the first attempts at the group's first deployment; then it answers. */
  readonly faults: readonly Step[];
  readonly answer: string;
  /** Kill the worker while it waits for the provider, and start another. */
  readonly killsWorker?: true;
}

export interface PolicyAspects {
  readonly kinds?: readonly ErrorKind[];
  readonly attemptTimeout?: true;
  readonly deployments?: true;
  readonly lostAttempts?: true;
  readonly fallback?: 'fallbacks' | 'contextWindow';
}

/** Has the groups of the calls. */
export const CONFIG = 'holdfast.example.yaml';

/** The steps of the scripted provider answer good ones after this time. */
export const LATENCY_MS = 300;

const RATE_LIMITED: Step = {
  status: 429,
  headers: { 'retry-after': '2' },
  error: {
    message: 'Rate limit reached on requests per min (RPM): Limit 500, Used 500, Requested 1. Please try again in 2s.',
    type: 'requests',
    param: null,
    code: 'rate_limit_exceeded',
  },
};

const TOO_LONG: Step = {
  status: 400,
  error: {
    message:
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 141290 tokens. Please reduce the length of the messages.",
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
  },
};

/** Calls whose faults the scripted provider makes. */
export const SCRIPTED: readonly Scenario[] = [
  {
    name: 'rate-limit',
    title: 'A 429 with Retry-After, then a 500',
    what: 'The provider turns the first attempt away with 429 and "Retry-After: 2", breaks on the second, answers the third. Each kind of error is counted on its own budget.',
    group: 'smart',
    prompt: 'Name three seabirds.',
    policy: { kinds: ['RateLimitError', 'InternalServerError'] },
    faults: [RATE_LIMITED, { status: 500 }],
    answer: 'Gannet, fulmar and Arctic tern.',
  },
  {
    name: 'second-deployment',
    title: 'A 500 where the group has a second deployment',
    what: 'The first deployment breaks. The retry goes to the other one of the same group, so there is nothing to wait for.',
    group: 'fast',
    prompt: 'What is a holdfast?',
    policy: { kinds: ['InternalServerError'], deployments: true },
    faults: [{ status: 500 }],
    answer: 'The part by which kelp clings to its rock, whatever the sea does.',
  },
  {
    name: 'hang',
    title: 'A provider that hangs',
    what: 'The provider takes the request and says nothing more. The attempt ends at its timeout, and the retry is answered.',
    group: 'autocomplete',
    prompt: 'Complete the sentence: The tide comes in and',
    policy: { kinds: ['Timeout'], attemptTimeout: true },
    faults: [{ hang: true }],
    answer: 'The tide comes in and the tide goes out.',
  },
  {
    name: 'context-window',
    title: 'A prompt that is too long',
    what: 'The model refuses the prompt. To ask again would be useless: the call goes to a group with a larger context window.',
    group: 'fast',
    prompt: 'Summarize this logbook in a sentence: (imagine 400 pages here)',
    policy: { kinds: ['ContextWindowExceededError'], fallback: 'contextWindow' },
    faults: [TOO_LONG],
    answer: 'Four years at sea, mostly fog.',
  },
  {
    name: 'fallback',
    title: 'A group that gives up, and its fallback',
    what: 'The provider is overloaded, and stays so. When the retries of the group are used up, the next group answers.',
    group: 'autocomplete',
    prompt: 'Complete the sentence: Every seventh wave',
    policy: { kinds: ['ServiceUnavailableError'], fallback: 'fallbacks' },
    faults: Array.from({ length: 10 }, (): Step => ({ status: 503 })),
    answer: 'Every seventh wave is the largest, or so the sailors say.',
  },
  {
    name: 'killed-worker',
    title: 'The worker is killed in the middle of a call',
    what: 'While the request is at the provider, the worker process gets a SIGKILL, and another one is started. The call goes on there.',
    group: 'fast',
    prompt: 'Write a haiku about a storm.',
    policy: { lostAttempts: true },
    faults: [{ hang: true }],
    answer: 'Black wave after wave – / the kelp bows, and bows again, / and holds to its stone.',
    killsWorker: true,
  },
];

const NOT_SCRIPTED = { faults: [], answer: '' };

/** Calls for a real API, where no fault can be ordered. */
export const REAL: readonly Scenario[] = [
  {
    name: 'answer',
    title: 'An answer at the first attempt',
    what: 'Nothing goes wrong, probably.',
    group: 'fast',
    prompt: 'What is a holdfast, in marine biology? One sentence.',
    policy: { deployments: true },
    ...NOT_SCRIPTED,
  },
  {
    name: 'fallback',
    title: 'A request that the first group refuses, and a fallback that the call names',
    what: 'The call asks for up to 20,000 tokens of output, more than gpt-4o-mini can give: a real error 400. It names a fallback that can.',
    group: 'fast',
    prompt: 'Name three seabirds, nothing else.',
    settings: { max_tokens: 20_000, fallbacks: ['long-context'] },
    policy: { kinds: ['BadRequestError'] },
    ...NOT_SCRIPTED,
  },
  {
    name: 'killed-worker',
    title: 'The worker is killed in the middle of a call',
    what: 'While the request is at the provider, the worker process gets a SIGKILL, and another one is started. The call goes on there.',
    group: 'fast',
    prompt: 'Tell the story of a lighthouse keeper in about 700 words.',
    policy: { lostAttempts: true },
    ...NOT_SCRIPTED,
    killsWorker: true,
  },
];

export function requestOf({ group, prompt, settings }: Scenario): ChatCompletionRequest {
  return { model: group, messages: [{ role: 'user', content: prompt }], ...settings };
}

/** What the scripted provider answers: to the demo's own prompts what fits, to others how it can. */
export function answerTo(prompt: string): string {
  const scenario = SCRIPTED.find((known) => known.prompt === prompt);
  return scenario?.answer ?? `(from the scripted provider) You said: ${prompt.slice(0, 200)}`;
}
