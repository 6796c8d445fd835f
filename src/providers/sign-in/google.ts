import { readFile } from 'node:fs/promises';
import {
  AwsClient,
  type AuthClient,
  gaxios,
  GoogleAuth,
  IdentityPoolClient,
  JWT,
  UserRefreshClient,
} from 'google-auth-library';
import type { SignIn } from '../../config/index.js';
import { fieldsOf } from '../../core/common/fields.js';
import type { SignRequest } from './sign-request.js';

const SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];

type Options = Pick<ConstructorParameters<typeof UserRefreshClient>[0] & object, 'transporter'>;
type Credentials = Readonly<Record<string, unknown>>;

/** Who fetches tokens, by the `type` of credentials. */
const CLIENTS: Readonly<Record<string, (credentials: Credentials, options: Options) => AuthClient>> = {
  service_account: (credentials, options) =>
    new JWT({
      ...options,
      email: textOf(credentials, 'client_email'),
      key: textOf(credentials, 'private_key'),
      scopes: SCOPES,
    }),
  authorized_user: (credentials, options) =>
    new UserRefreshClient({
      ...options,
      clientId: textOf(credentials, 'client_id'),
      clientSecret: textOf(credentials, 'client_secret'),
      refreshToken: textOf(credentials, 'refresh_token'),
    }),
  external_account: (credentials, options) => {
    const isAws = 'environment_id' in fieldsOf(credentials['credential_source']);
    const given = { ...credentials, ...options, scopes: SCOPES } as never;
    return isAws ? new AwsClient(given) : new IdentityPoolClient(given);
  },
};

/** A token of Google Cloud, fetched when it is needed and again before it is too old. */
export async function signerOfGoogle(
  { credentials }: Extract<SignIn, { by: 'google' }>,
  fetch: typeof globalThis.fetch,
): Promise<SignRequest> {
  const options = { transporter: new gaxios.Gaxios({ fetchImplementation: fetch }) };
  const client = await clientOf(credentials, options);
  return async () => Object.fromEntries(await client.getRequestHeaders());
}

async function clientOf(
  credentials: Extract<SignIn, { by: 'google' }>['credentials'],
  options: Options,
): Promise<AuthClient> {
  const ofMachine = { scopes: SCOPES, clientOptions: options };
  if (credentials === undefined) return new GoogleAuth(ofMachine).getClient();
  const content = typeof credentials === 'string' ? await contentOf(credentials) : credentials;
  const open = CLIENTS[textOf(content, 'type')];
  if (open !== undefined) return open(content, options);
  // Rarer ones, a service account that is impersonated for instance, the library opens from files only.
  if (typeof credentials === 'string') return new GoogleAuth({ ...ofMachine, keyFilename: credentials }).getClient();
  throw new Error(
    `credentials of this type have to be in a file; those of ${Object.keys(CLIENTS).join(', ')} need not`,
  );
}

/** `GOOGLE_APPLICATION_CREDENTIALS` is a file, `VERTEXAI_CREDENTIALS` may have the content. */
async function contentOf(fileOrJson: string): Promise<Credentials> {
  const isJson = fileOrJson.trimStart().startsWith('{');
  return fieldsOf(JSON.parse(isJson ? fileOrJson : await readFile(fileOrJson, 'utf8')));
}

function textOf(credentials: Credentials, name: string): string {
  const value = credentials[name];
  if (typeof value === 'string') return value;
  throw new Error(`the credentials have no ${name}`);
}
