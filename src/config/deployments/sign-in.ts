import type { z } from 'zod';
import type { Findings } from '../findings/findings.js';
import { variable } from '../findings/environment.js';
import type { Path } from '../findings/path.js';
import type { deploymentParams } from '../schema/deployment-schema.js';
import type { SignIn } from '../schema/loaded-config.js';
import type { ProviderSignIn } from '../tables/known-providers.js';

export type SignInParams = Pick<
  z.output<typeof deploymentParams>,
  | 'aws_access_key_id'
  | 'aws_secret_access_key'
  | 'aws_session_token'
  | 'aws_profile_name'
  | 'vertex_credentials'
  | 'vertex_ai_credentials'
>;

/** The variables that have the region, in a URL or for a signature. */
const REGION_VARIABLES = ['AWS_REGION_NAME', 'AWS_REGION', 'AWS_DEFAULT_REGION'];

/** LiteLLM's, and Google's own. */
const CREDENTIALS_VARIABLES = ['VERTEXAI_CREDENTIALS', 'GOOGLE_APPLICATION_CREDENTIALS'];

const KEY_VARIABLES = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];

/** Whether a deployment writes itself how it signs in, so that it does so at any host. */
export function writesSignIn(own: SignInParams): boolean {
  const { aws_access_key_id: key, aws_profile_name: profile } = own;
  return [key, profile, own.vertex_credentials, own.vertex_ai_credentials].some((value) => value !== undefined);
}

interface SignInInput {
  readonly own: SignInParams;
  readonly path: Path;
  readonly env: NodeJS.ProcessEnv;
  readonly findings: Findings;
}

/** How a deployment without a key signs in; null: a part of it is missing, which is reported. */
export function signInOf(input: SignInInput, way: ProviderSignIn): SignIn | null {
  const { own, path, env, findings } = input;
  if (way.by === 'google') {
    const written = own.vertex_credentials ?? own.vertex_ai_credentials;
    return { by: 'google', credentials: written ?? firstOf(CREDENTIALS_VARIABLES, env) };
  }
  const region = firstOf(REGION_VARIABLES, env);
  if (region === undefined) {
    findings.problem([...path, 'aws_region_name'], 'missing: requests are signed for a region');
    return null;
  }
  if ((own.aws_access_key_id === undefined) !== (own.aws_secret_access_key === undefined)) {
    const missing = own.aws_access_key_id === undefined ? 'aws_access_key_id' : 'aws_secret_access_key';
    findings.problem([...path, missing], 'missing: an access key of AWS has an id and a secret');
    return null;
  }
  return { by: 'aws', service: way.service, region, credentials: awsCredentials(input) };
}

/** What the deployment writes, else what the config's environment has; undefined: as AWS's own programs find them. */
function awsCredentials({ own, env }: SignInInput): Extract<SignIn, { by: 'aws' }>['credentials'] {
  const written = keysOf(own.aws_access_key_id, own.aws_secret_access_key, own.aws_session_token);
  if (written !== undefined) return written;
  const profile = own.aws_profile_name;
  if (profile !== undefined) return { profile };
  const [id, secret, token] = KEY_VARIABLES.map((name) => variable(env, name));
  return keysOf(id, secret, token);
}

function keysOf(accessKeyId?: string, secretAccessKey?: string, sessionToken?: string) {
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}

function firstOf(names: readonly string[], env: NodeJS.ProcessEnv): string | undefined {
  return names.map((name) => variable(env, name)).find((value) => value !== undefined);
}
