import { checkNames } from './check-names.js';
import { ConfigError } from './config-error.js';
import { PLACEHOLDER_KEY } from './endpoint.js';
import { configHash } from './config-hash.js';
import { Findings } from './findings.js';
import type { Connection, LoadedConfig } from './loaded-config.js';
import type { Path } from './path.js';
import { readDeployments } from './read-deployments.js';
import { type Context, readSection } from './read-section.js';
import { readSettings } from './read-settings.js';
import { readYaml } from './read-yaml.js';
import { secretsIn } from './secret-keys.js';
import { sortKeys } from './sort-keys.js';

export interface ParseOptions {
  /** What messages call the text: the name of its file. */
  readonly source: string;
  /** Where `os.environ/NAME`, OPENAI_API_KEY and OPENAI_BASE_URL are looked up. */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Whether a variable that is not set is an error. Where it is not, it is a note, and the config serves to explain,
   * not to call.
   * @default true
   */
  readonly requireKeys?: boolean | undefined;
}

/**
 * Reads a config in the form of LiteLLM's `config.yaml`.
 * @throws ConfigError with every problem found, each at its path
 */
export function parseConfig(text: string, { source, env, requireKeys = true }: ParseOptions): LoadedConfig {
  const yaml = readYaml(text);
  if ('problems' in yaml) throw new ConfigError(source, yaml.problems);
  const root = objectOf(yaml.value, source);
  const findings = new Findings(secretsIn(root, env));
  const missing = (path: Path, message: string) =>
    requireKeys ? findings.problem(path, message) : findings.note(path, message);
  const context: Context = { env, findings, missing };

  // Each section resolves its own variables: those of a part that is ignored need not be set.
  const { known } = sortKeys('', root, [], findings);
  readSection('general_settings', known['general_settings'], ['general_settings'], context);
  const { groups, connections, limits } = readDeployments(known['model_list'], context);
  const { router, litellm, aliases, operational } = readSettings(
    known['router_settings'],
    known['litellm_settings'],
    context,
  );
  const routing = { groups, aliases, router, litellm };
  checkNames(routing, findings);
  if (findings.problems.length > 0) throw new ConfigError(source, findings.problems);
  return {
    routing: { hash: configHash(root), ...routing },
    connections,
    secrets: keysOf(Object.values(connections)),
    operational: { ...operational, deployments: limits },
    notes: findings.notes,
  };
}

function objectOf(value: unknown, source: string): object {
  if (value === null || value === undefined) {
    throw new ConfigError(source, [{ path: '', message: 'empty: a config needs at least a model_list' }]);
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new ConfigError(source, [{ path: '', message: 'expected an object with a model_list' }]);
  }
  return value;
}

function keysOf(connections: readonly Connection[]): string[] {
  const keys = new Set(connections.map(({ apiKey }) => apiKey));
  return [...keys].filter((key) => key !== '' && key !== PLACEHOLDER_KEY);
}
