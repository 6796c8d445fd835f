import { fetch, type Dispatcher } from 'undici';
import type { SignIn } from '../../config/index.js';
import { secretForms } from '../../core/common/secret-forms.js';
import { brokeConnection } from '../connection-failure.js';
import { fieldsOf } from '../../core/common/fields.js';
import { SignInRefusedError, type SignRequest } from './sign-request.js';

/** Headers that let whoever has them in. */
const SECRET_HEADERS = ['authorization', 'x-amz-security-token'];

/** Forms of tokens that are remembered, the newest: each token is good for an hour or so. */
const MAX_FORMS = 2000;

/** Who signs in where providers take no key. Each keeps its token for all requests. */
export class SignIns {
  /** All that must not appear in any text. Tokens are added as they come: it is the same list for ever. */
  readonly secrets: string[];
  private readonly dispatcher: Dispatcher;
  private readonly known: number;
  private readonly signers = new WeakMap<SignIn, Promise<SignRequest>>();

  /** @param secrets - those that are known before anybody signs in */
  constructor(dispatcher: Dispatcher, secrets: readonly string[]) {
    this.dispatcher = dispatcher;
    this.secrets = [...secrets];
    this.known = secrets.length;
  }

  /** Signs a request. See `SignRequest`. */
  sign(signIn: SignIn): SignRequest {
    return async (request) => {
      try {
        const headers = await (await this.signer(signIn))(request);
        for (const name of SECRET_HEADERS) this.learn(headers[name]);
        return headers;
      } catch (error) {
        if (brokeConnection(error) || isBusy(error)) throw error;
        const who = { aws: 'AWS', google: 'Google Cloud' }[signIn.by];
        throw new SignInRefusedError(
          `signing in at ${who} failed: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    };
  }

  private signer(signIn: SignIn): Promise<SignRequest> {
    const known = this.signers.get(signIn);
    if (known !== undefined) return known;
    const made = this.open(signIn);
    this.signers.set(signIn, made);
    // What is missing now may be there the next time.
    made.catch(() => this.signers.delete(signIn));
    return made;
  }

  /** The libraries are loaded when somebody needs them. */
  private async open(signIn: SignIn): Promise<SignRequest> {
    if (signIn.by === 'aws') return (await import('./aws.js')).signerOfAws(signIn);
    const { signerOfGoogle } = await import('./google.js');
    const { dispatcher } = this;
    const fetchIt = (url: unknown, init: unknown) => fetch(url as string, { ...(init as object), dispatcher });
    return signerOfGoogle(signIn, fetchIt as never);
  }

  private learn(header: string | undefined): void {
    const token = header?.replace(/^Bearer\s+/i, '');
    if (token === undefined || token.startsWith('AWS4-') || this.secrets.includes(token)) return;
    this.secrets.push(...secretForms(token));
    this.secrets.splice(this.known, this.secrets.length - this.known - MAX_FORMS);
  }
}

/** Whoever gives the token cannot now, and may later. */
function isBusy(error: unknown): boolean {
  const { status } = fieldsOf(fieldsOf(error)['response']);
  return typeof status === 'number' && (status >= 500 || status === 429 || status === 408);
}
