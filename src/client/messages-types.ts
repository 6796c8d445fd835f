/** A request of Anthropic's Messages API. Its own types (`@anthropic-ai/sdk`) fit; fields that are not named here go along. */
export interface MessagesRequest {
  /** The model group. */
  model: string;
  max_tokens: number;
  messages: { role: string; content: string | object[] }[];
  /** Whether the worker asks for a stream: then it sees at once when one is silent. @default false */
  stream?: boolean | null;
  [field: string]: unknown;
}

/** A message of Anthropic's API, as far as all of them are alike. */
export interface MessagesResponse {
  id: string;
  type: 'message';
  role: 'assistant';
  model: string;
  content: { type: string; text?: string; [field: string]: unknown }[];
  stop_reason: string | null;
  stop_sequence: string | null;
  usage: { input_tokens: number; output_tokens: number; [field: string]: unknown };
  [field: string]: unknown;
}
