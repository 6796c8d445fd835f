/** What is to be signed. */
interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  /** Makes its body: not all ways to sign need it. */
  readonly json: () => string;
}

/**
 * Makes the headers that sign a request in.
 * @throws SignInRefusedError, or what broke the connection to whoever gives the token
 */
export type SignRequest = (request: UnsignedRequest) => Promise<Readonly<Record<string, string>>>;

/** There are no credentials, or nobody takes them: the provider was not asked. */
export class SignInRefusedError extends Error {}
