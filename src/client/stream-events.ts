import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { Completion } from 'openai/resources/completions';
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { CallResult } from '../core/call/call-types.js';
import type { CallResponse } from './request-types.js';

/** What each operation that can be streamed comes in: the provider's own chunks and events. */
export interface StreamChunks {
  'chat.completions': ChatCompletionChunk;
  completions: Completion;
  responses: ResponseStreamEvent;
  /** Of Anthropic's API; the types of `@anthropic-ai/sdk` fit. */
  messages: { readonly type: string; readonly [field: string]: unknown };
}

export type StreamedOperation = keyof StreamChunks;

/** An attempt of a call. */
export interface StreamAttempt {
  readonly group: string;
  /** One-based within the group. */
  readonly attempt: number;
}

/** What a stream tells, in order: an attempt, its chunks, and in the end the whole answer. */
export type StreamEvent<Op extends StreamedOperation = 'chat.completions'> =
  | ({
      readonly type: 'attempt';
      readonly callId: string;
      /** Set where the answer begins again, with `restart`: what came of that attempt is to be dropped. */
      readonly insteadOf: StreamAttempt | null;
    } & StreamAttempt)
  | { readonly type: 'chunk'; readonly chunk: StreamChunks[Op] }
  | ({ readonly type: 'end'; readonly callId: string } & CallResult<CallResponse<Op>>);
