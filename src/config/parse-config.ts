import { readCallbackModules } from './settings/callback-modules.js';
import { checkNames } from './check-names.js';
import { ConfigError } from './findings/config-error.js';
import { PLACEHOLDER_KEY } from './deployments/endpoint.js';
import { configHash } from './config-hash.js';
import { Findings } from './findings/findings.js';
import { checkGuardrails } from './settings/guardrails.js';
import { type ReadText, withIncludes } from './sections/include.js';
import type { Connection, LoadedConfig, SignIn } from './schema/loaded-config.js';
import { withOwnEnvironment } from './sections/own-environment.js';
import type { Path } from './findings/path.js';
import { readDeployments } from './deployments/read-deployments.js';
import { readEncryption } from './settings/read-encryption.js';
import { readExternalStorage } from './settings/read-external-storage.js';
import { readGateway } from './settings/read-gateway.js';
import type { Context } from './sections/read-section.js';
import { readWebhooks } from './settings/read-webhooks.js';
import { readSettings } from './settings/read-settings.js';
import { readYaml } from './sections/read-yaml.js';
import { secretForms } from '../core/common/secret-forms.js';
import { isSecretKey, secretsIn, secretsOfHeader } from './findings/secret-keys.js';
import { sortKeys } from './sections/sort-keys.js';
import { compact } from './schema/values.js';

export interface ParseOptions {
  /** What messages call the text: the name of its file. Files that it includes are looked for beside it. */
  readonly source: string;
  /** Where `os.environ/NAME` and the keys and base URLs of providers are looked up. */
  readonly env: NodeJS.ProcessEnv;
  /**
   * Whether a variable that is not set is an error. Where it is not, it is a note, and the config serves to explain,
   * not to call.
   * @default true
   */
  readonly requireKeys?: boolean | undefined;
  /**
   * The same for the keys of the gateway, which only the gateway needs.
   * @default false
   */
  readonly requireGatewayKeys?: boolean | undefined;
  /**
   * The same for the keys of `encryption`: whoever works without them would keep plain text.
   * @default where keys of either sort are required
   */
  readonly requireEncryptionKeys?: boolean | undefined;
  /**
   * Whether keys that nobody knows are notes, and no errors.
   * @default false
   */
  readonly lenient?: boolean | undefined;
  /** Reads the files that the config names. @default none can be included, and modules are not looked for */
  readonly readText?: ReadText | undefined;
}

/**
 * Reads a config in the form of LiteLLM's `config.yaml`.
 * @throws ConfigError with every problem found, each at its path
 */
export function parseConfig(text: string, options: ParseOptions): LoadedConfig {
  const { source, requireKeys = true, requireGatewayKeys = false, lenient = false } = options;
  const { requireEncryptionKeys = requireKeys || requireGatewayKeys } = options;
  const yaml = readYaml(text);
  if ('problems' in yaml) throw new ConfigError(source, yaml.problems);
  const included = withIncludes(objectOf(yaml.value, source), source, options.readText);
  const { root } = included;
  const locate = (path: Path) => included.locate(path);
  const findings = new Findings({ secrets: secretsIn(root, options.env), lenient, locate });
  for (const note of yaml.notes) findings.note([], note);
  for (const { path, message, file } of included.problems) findings.problem(path, message, file);
  for (const { path, message, file } of included.notes) findings.note(path, message, 'note', file);
  const missingIs = (isProblem: boolean) => (path: Path, message: string) =>
    isProblem ? findings.problem(path, message) : findings.note(path, message, 'missing');

  // Each section resolves its own variables: those of a part that is ignored need not be set.
  const { known } = sortKeys('', root, [], findings);
  const outside: Context = { env: options.env, findings, missing: missingIs(requireKeys) };
  const context: Context = { ...outside, env: withOwnEnvironment(known['environment_variables'], outside) };
  const gateway = readGateway(known['general_settings'], { ...context, missing: missingIs(requireGatewayKeys) });
  const encryption = readEncryption(known['encryption'], { ...context, missing: missingIs(requireEncryptionKeys) });
  const externalStorage = readExternalStorage(known['external_storage'], context);
  const { webhooks, secrets: ofWebhooks } = readWebhooks(known['webhooks'], context);
  checkGuardrails(root, findings);
  const settings = readSettings(known['router_settings'], known['litellm_settings'], context);
  const callbacks = readCallbackModules(settings.callbacks, { ...options, findings, locate });
  const { groups, wildcards, connections, unserved, limits } = readDeployments(
    { modelList: known['model_list'], credentialList: known['credential_list'], defaults: settings.defaultParams },
    context,
  );
  const { router, litellm, aliases, operational, keepAliveMs, hiddenAliases } = settings;
  const { ceilings, healthCheckEveryMs, ...ofGateway } = gateway;
  const routing = {
    groups,
    ...(Object.keys(wildcards).length > 0 && { wildcards }),
    aliases,
    ...(hiddenAliases && { hiddenAliases }),
    router,
    litellm,
    ...(ceilings !== undefined && { ceilings }),
    ...(webhooks.length > 0 && { webhooks: webhooks.map(({ name, events }) => ({ name, events })) }),
  };
  checkNames({ hash: '', ...routing }, findings);
  if (findings.problems.length > 0) throw new ConfigError(source, findings.problems, findings.notes);
  return {
    source,
    routing: { hash: configHash(root), ...routing },
    connections,
    unserved,
    secrets: [...secretsOf(Object.values(connections)), ...[...encryption.secrets, ...ofWebhooks].flatMap(secretForms)],
    operational: { ...operational, ...(healthCheckEveryMs && { healthCheckEveryMs }), deployments: limits },
    gateway: compact({ keepAliveMs, ...ofGateway }),
    callbacks,
    ...(encryption.keys.length > 0 && { encryption: encryption.keys }),
    ...(externalStorage && { externalStorage }),
    ...(webhooks.length > 0 && { webhooks }),
    notes: findings.notes,
    honoured: findings.honoured,
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

function secretsOf(connections: readonly Connection[]): string[] {
  const secrets = connections.flatMap(({ apiKey, signIn, query = {}, headers = {} }) => [
    apiKey,
    ...(signIn === undefined ? [] : secretsOfSignIn(signIn)),
    ...Object.entries(query).flatMap(([name, value]) => (isSecretKey(name) ? [value] : [])),
    ...Object.values(headers).flatMap(secretsOfHeader),
  ]);
  const keys = new Set(secrets.filter((secret) => secret !== '' && secret !== PLACEHOLDER_KEY));
  return [...keys].flatMap(secretForms);
}

/** Keys, tokens and private keys among what a sign-in is made with. */
function secretsOfSignIn({ credentials }: SignIn): string[] {
  if (typeof credentials !== 'object') return [];
  return Object.entries(credentials).flatMap(([name, value]) => {
    const isSecret = /secret|private|token$|key$/i.test(name) && !/url|uri|id$/i.test(name);
    return isSecret && typeof value === 'string' ? [value] : [];
  });
}
