import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { isReference, variable } from '../findings/environment.js';
import { HEALTH_CHECK_DEFAULTS } from '../../core/deployments/health-request.js';
import { apiKey, ceilingsOf, generalSettings } from '../schema/gateway-schema.js';
import type { GatewayKey, GatewaySettings } from '../schema/loaded-config.js';
import { type Context, isObject, readSection } from '../sections/read-section.js';
import { compact } from '../schema/values.js';

const SECTION = 'general_settings';
const KEYS = 'api_keys';

/** `general_settings`: who may use the gateway, and how much of it. */
export function readGateway(section: unknown, context: Context): GatewaySettings {
  const raw: Readonly<Record<string, unknown>> = isObject(section) ? { ...section } : {};
  const { [KEYS]: entries, ...rest } = raw;
  if (entries !== undefined && entries !== null) context.findings.honour(SECTION, KEYS);
  const { known } = readSection(SECTION, isObject(section) ? rest : section, [SECTION], context);
  const settings = context.findings.read(generalSettings, known, [SECTION]);
  const keys = readKeys(entries, context);
  const isMissing = isReference(raw['master_key']) && settings?.master_key === undefined;
  const master = isMissing ? undefined : (settings?.master_key ?? masterKeyIn(context.env));
  if (master !== undefined) keys.push({ id: 'master', sha256: sha256(master) });
  // One whose variable is not set lets nobody in; without it, the gateway would let everybody in.
  else if (isMissing) keys.push({ id: 'master', sha256: null });
  return compact({
    keys,
    maxParallelRequests: settings?.global_max_parallel_requests,
    eachKey: eachKeyOf(settings),
    maxReceivingBytes: settings?.max_receiving_mb,
    ceilings: settings && ceilingsOf(settings),
    healthCheckEveryMs: settings && healthCheckEveryMs(settings),
    keepAliveMs: settings?.sse_keepalive_ping_interval_seconds,
    forwardedHeaders: settings?.forward_client_headers_to_llm_api,
    exhaustedCallStatus: settings?.exhausted_call_status,
    durability: settings?.durability,
    firstAttempt: settings?.first_attempt,
  });
}

function healthCheckEveryMs(settings: z.output<typeof generalSettings>): number | undefined {
  const { background_health_checks: isOn, health_check_interval: everyMs } = settings;
  return isOn === true ? (everyMs ?? HEALTH_CHECK_DEFAULTS.everyMs) : undefined;
}

function eachKeyOf(settings: z.output<typeof generalSettings> | undefined): GatewaySettings['eachKey'] {
  const eachKey = compact({
    maxParallelRequests: settings?.key_max_parallel_requests,
    maxParallelUploads: settings?.key_max_parallel_uploads,
    maxStoredBytes: settings?.key_max_stored_mb,
  });
  return Object.keys(eachKey).length === 0 ? undefined : eachKey;
}

/** The master key where the config names none: ours, else LiteLLM's. */
function masterKeyIn(env: NodeJS.ProcessEnv): string | undefined {
  return variable(env, 'HOLDFAST_MASTER_KEY') ?? variable(env, 'LITELLM_MASTER_KEY');
}

/** The digest by which keys are known here. */
export function sha256(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function readKeys(entries: unknown, context: Context): GatewayKey[] {
  if (entries === undefined || entries === null) return [];
  const path = [SECTION, KEYS];
  if (!Array.isArray(entries)) {
    context.findings.problem(path, 'expected a list of keys');
    return [];
  }
  const keys = entries.flatMap((entry: unknown, index) => readKey(entry, [...path, index], context) ?? []);
  for (const [name, valuesOf] of Object.entries(UNIQUE)) {
    const firsts = new Map<string, number>();
    for (const [index, value] of keys.flatMap((key, at) => valuesOf(key).map((each) => [at, each] as const))) {
      const first = firsts.get(value);
      if (first === undefined) firsts.set(value, index);
      else context.findings.problem([...path, index, name], `the same as that of ${KEYS}[${first}]`);
    }
  }
  return keys;
}

/** What no two keys have in common. */
const UNIQUE: Readonly<Record<string, (key: GatewayKey) => readonly string[]>> = {
  id: ({ id }) => [id],
  sha256: ({ sha256: digest, nextSha256: next }) => [digest ?? [], next ?? []].flat(),
};

function readKey(entry: unknown, path: readonly PropertyKey[], context: Context): GatewayKey | null {
  if (!isObject(entry)) {
    context.findings.problem(path, 'expected an object with id and sha256');
    return null;
  }
  const { known } = readSection(KEYS, entry, path, context);
  const read = context.findings.read(apiKey, known, path);
  if (read === undefined) return null;
  const digest = read.sha256 ?? null;
  if (digest === null && !isReference('sha256' in entry ? entry.sha256 : undefined)) {
    context.findings.problem([...path, 'sha256'], 'missing: the SHA-256 of the key, which `holdfast key` makes');
  }
  return compact({
    id: read.id,
    sha256: digest,
    nextSha256: read.next_sha256,
    expiresMs: read.expires,
    models: read.models,
    rpmLimit: read.rpm_limit,
    maxParallelRequests: read.max_parallel_requests,
    maxParallelUploads: read.max_parallel_uploads,
    maxStoredBytes: read.max_stored_mb,
    ceilings: ceilingsOf(read),
    durability: read.durability,
  });
}
