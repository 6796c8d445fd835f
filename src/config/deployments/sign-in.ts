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

/** Whether a deployment writes itself how it signs in, so that it does so at any host. */
export function writesSignIn(own: SignInParams): boolean {
  const { aws_access_key_id: key, aws_profile_name: profile } = own;
  return [key, profile, own.vertex_credentials, own.vertex_ai_credentials].some((value) => value !== undefined);
}

/** How a deployment without a key signs in; null: a part of it is missing, which is reported. */
export function signInOf(
  { own, path, env, findings }: { own: SignInParams; path: Path; env: NodeJS.ProcessEnv; findings: Findings },
  way: ProviderSignIn,
): SignIn | null {
  if (way.by === 'google') {
    return {
      by: 'google',
      credentials: own.vertex_credentials ?? own.vertex_ai_credentials ?? variable(env, 'VERTEXAI_CREDENTIALS'),
    };
  }
  const {
    aws_access_key_id: accessKeyId,
    aws_secret_access_key: secretAccessKey,
    aws_session_token: sessionToken,
  } = own;
  const region = REGION_VARIABLES.map((name) => variable(env, name)).find((value) => value !== undefined);
  if (region === undefined) {
    findings.problem([...path, 'aws_region_name'], 'missing: requests are signed for a region');
    return null;
  }
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing = accessKeyId === undefined ? 'aws_access_key_id' : 'aws_secret_access_key';
    findings.problem([...path, missing], 'missing: an access key of AWS has an id and a secret');
    return null;
  }
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return { by: 'aws', service: way.service, region, credentials: { accessKeyId, secretAccessKey, sessionToken } };
  }
  const profile = own.aws_profile_name;
  return { by: 'aws', service: way.service, region, credentials: profile === undefined ? undefined : { profile } };
}
