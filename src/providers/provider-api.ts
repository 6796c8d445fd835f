import type { Connection } from '../config/index.js';
import type { Operation } from '../core/common/operations.js';
import type { AnswerForm } from './answer-form.js';
import type { ProviderRequest } from './provider-request.js';
import type { Assembler } from './stream/assembler.js';

/** What is sent, as a client of the API makes it: texts only. */
interface SentRequest {
  readonly method?: string | undefined;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends a request. What comes back is read elsewhere: the answer to this is empty. */
type Send = (url: string, request: SentRequest) => Promise<Response>;

/** What is an API's own: where it is asked, signed in how, with which body; and what its answers and streams say. */
export interface ProviderApi {
  /** Why a deployment cannot be asked for this, and what would serve; null: it can. */
  whyNot(connection: Connection, operation: Operation): string | null;
  /** The URL that is asked, without its query: that may hold a key. */
  urlOf(connection: Connection, operation: Operation, model: string): string;
  /** Makes one request. */
  post(request: ProviderRequest, send: Send): Promise<void>;
  /** Puts the chunks of a streamed answer together. */
  assembler(operation: Operation, choices: number): Assembler;
  /** How a whole answer says what became of it. */
  answerForm(operation: Operation): AnswerForm;
}
