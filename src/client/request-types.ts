import type { ChatCompletion, ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import type { Completion, CompletionCreateParamsNonStreaming } from 'openai/resources/completions';
import type { CreateEmbeddingResponse, EmbeddingCreateParams } from 'openai/resources/embeddings';
import type { ImageGenerateParamsNonStreaming, ImagesResponse } from 'openai/resources/images';
import type { ModerationCreateParams, ModerationCreateResponse } from 'openai/resources/moderations';
import type { Response, ResponseCreateParamsNonStreaming } from 'openai/resources/responses/responses';
import type { PolicyField } from '../core/errors/error-kinds.js';
import type { Operation } from '../core/common/operations.js';
import type { MessagesRequest, MessagesResponse } from './messages-types.js';

/** Retries per error kind, in LiteLLM's spelling. */
export type RetryPolicySettings = { [field in PolicyField]?: number };

/** A fallback: a model group, or a group with what changes for it. */
export type FallbackSetting =
  | string
  | {
      model: string;
      num_retries?: number;
      retry_policy?: RetryPolicySettings;
      timeout?: number;
      [field: string]: unknown;
    };

/** Fallbacks for every group of the call, or by group. */
export type FallbackSettings =
  FallbackSetting | (FallbackSetting | { [group: string]: FallbackSetting | FallbackSetting[] })[];

/** Settings of one call, beside what is sent to the provider. Each overrides the config of the workers. */
export interface CallSettings {
  /** Retries of errors that are retried by default; 0 switches all retries off. @default the config's, else 2 */
  num_retries?: number;
  /** Caps the retries of the whole call, fallback groups included. @default no cap */
  num_retries_per_request?: number;
  /** Retries per error kind; wins over `num_retries`. */
  retry_policy?: RetryPolicySettings;
  /** Retries per error kind, by model group. */
  model_group_retry_policy?: { [group: string]: RetryPolicySettings };
  /** Seconds for the whole call: all retries and fallbacks. @default no limit */
  timeout?: number;
  /** Seconds until the first content of a streamed answer. @default the deployment's, else the router's, else no limit */
  stream_timeout?: number;
  /** Replaces all fallback lists of the config; `[]` means none. */
  fallbacks?: FallbackSettings;
  /** Replaces the config's list for prompts that do not fit. */
  context_window_fallbacks?: FallbackSettings;
  /** Replaces the config's list for prompts and answers that a content policy refused. */
  content_policy_fallbacks?: FallbackSettings;
  /** Fallback groups tried in all. @default the config's, else 5 */
  max_fallbacks?: number;
  /** No fallbacks at all. @default false */
  disable_fallbacks?: boolean;
  /** Whether an answer that does not fit the JSON schema of the request is a failed attempt. @default the config's, else false */
  validate_schema?: boolean;
}

/** A request as OpenAI's client takes it, with the name of a model group for its model. */
type RequestFor<Params> = Omit<Params, 'model' | 'stream'> & {
  /** The model group. */
  model: string;
};

/** Operations whose answer the provider may stream to the worker. The result of the call is the whole answer. */
interface Streamed {
  /** Whether the worker asks for a stream: then it sees at once when one is silent. @default false */
  stream?: boolean | null;
}

/** What each operation takes and what it answers, in the types of OpenAI's client; of Anthropic's API, in short ones. */
export interface OperationTypes {
  'chat.completions': {
    request: RequestFor<ChatCompletionCreateParamsNonStreaming> & Streamed;
    response: ChatCompletion;
  };
  completions: { request: RequestFor<CompletionCreateParamsNonStreaming> & Streamed; response: Completion };
  responses: {
    request: RequestFor<Omit<ResponseCreateParamsNonStreaming, 'background'>> & Streamed;
    response: Response;
  };
  embeddings: { request: RequestFor<EmbeddingCreateParams>; response: CreateEmbeddingResponse };
  moderations: { request: RequestFor<ModerationCreateParams>; response: ModerationCreateResponse };
  messages: { request: MessagesRequest; response: MessagesResponse };
  /** Images as base64 want external storage: they are larger than what Temporal takes. */
  'images.generations': {
    request: RequestFor<ImageGenerateParamsNonStreaming>;
    response: ImagesResponse;
  };
}

/** A request for an operation, and beside it settings of the call. */
export type CallRequest<Op extends Operation = 'chat.completions'> = OperationTypes[Op]['request'] & CallSettings;

/** The answer of an operation. */
export type CallResponse<Op extends Operation = 'chat.completions'> = OperationTypes[Op]['response'];

/** A chat completion as OpenAI's client takes it, and beside it settings of the call. */
export type ChatCompletionRequest = CallRequest;
