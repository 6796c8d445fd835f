import { loadClientConfigProfile } from '@temporalio/envconfig';

const DEFAULT_ADDRESS = 'localhost:7233';

export interface ExistingServer {
  kind: 'address';
  /** `host:port`. TLS, API key and namespace come from the same profile: connect with `@temporalio/envconfig`. */
  address: string;
  from: 'TEMPORAL_ADDRESS' | 'profile';
}

/**
 * The server that the environment or the user's Temporal configuration file names, if any.
 * @throws Error when `TEMPORAL_PROFILE` names a profile that does not exist
 */
export function findExistingServer(env: NodeJS.ProcessEnv): ExistingServer | undefined {
  if (env['TEMPORAL_ADDRESS']) return { kind: 'address', address: env['TEMPORAL_ADDRESS'], from: 'TEMPORAL_ADDRESS' };
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) variables[name] = value;
  const { address } = loadClientConfigProfile({ overrideEnvVars: variables });
  if (address) return { kind: 'address', address, from: 'profile' };
  return env['TEMPORAL_PROFILE'] ? { kind: 'address', address: DEFAULT_ADDRESS, from: 'profile' } : undefined;
}
