import type { Connection } from '../config/index.js';
import type { Operation } from '../core/common/operations.js';
import type { AnswerForm } from './answer-form.js';
import type { ProviderRequest } from './provider-request.js';
import type { Assembler } from './stream/assembler.js';

/** A request as it is sent, but for what signs it in. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The name of a deployment that is no part of a path: it would lead elsewhere. Callers give it where a wildcard serves it. */
export class UnfitNameError extends Error {}

/** What is an API's own: where it is asked, signed in how, with which body; and what its answers and streams say. */
export interface ProviderApi {
  /** Why a deployment cannot be asked for this, and what would serve; null: it can. */
  whyNot(connection: Connection, operation: Operation): string | null;
  /** The URL that is asked, without its query: that may hold a key. */
  urlOf(connection: Connection, operation: Operation, model: string): string;
  /**
   * The request as a client of the API makes it. It is sent elsewhere.
   * @throws UnfitNameError
   */
  httpRequest(request: ProviderRequest): Promise<HttpRequest>;
  /** Puts the chunks of a streamed answer together. */
  assembler(operation: Operation, choices: number): Assembler;
  /** How a whole answer says what became of it. */
  answerForm(operation: Operation): AnswerForm;
}
