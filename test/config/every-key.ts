import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALLOWED_FAILS_FIELDS } from '../../src/config/tables/known-keys/policies.js';
import { POLICY_FIELDS } from '../../src/core/errors/error-kinds.js';
import { RECORD } from '../callbacks/recorded.js';
import { PLANTED_KEY } from '../helpers/holdfast.js';

/** Secret values of headers. */
export const HEADER = 'header-planted-0123456789';
export const MASTER_KEY = 'sk-master-planted-0123456789';
export const ENCRYPTION_KEY = 'e1'.repeat(32);
export const WEBHOOK_SECRET = `whsec_${Buffer.from('webhook-planted-0123456789-0123').toString('base64')}`;
export const TEAM_KEY = 'sk-team-planted-0123456789';

const ofPolicy = (fields: readonly string[], count: number) => {
  return Object.fromEntries(fields.map((field) => [field, count]));
};
/** The other two are left to `num_retries`, so that it counts, too. */
const FIELDS = POLICY_FIELDS.filter((field) => field !== 'DefaultRetries' && field !== 'NotFoundErrorRetries');

/** A group with one deployment, which gets its endpoint and key from the credential. */
const plain = (name: string) => ({ model_name: name, litellm_params: { model: `openai/${name}-up` } });

/** What the main file of the first config includes. */
export const INCLUDED = { model_list: [plain('included')] };

/** A config in which `router_settings` says it all. */
const ROUTER = {
  include: ['included.yaml'],
  environment_variables: { THE_KEY: PLANTED_KEY },
  encryption: { keys: [{ id: 'k1', key: ENCRYPTION_KEY }] },
  external_storage: { location: join(tmpdir(), 'holdfast-every-key'), max_payload_mb: 10 },
  webhooks: [{ name: 'ops', url: 'https://ops.example.com/hook', secret: WEBHOOK_SECRET, events: ['call.paused'] }],
  credential_list: [
    { credential_name: 'mock', credential_values: { api_base: 'MOCK', api_key: 'os.environ/THE_KEY' } },
  ],
  general_settings: {
    master_key: MASTER_KEY,
    sse_keepalive_ping_interval_seconds: 5,
    api_keys: [
      {
        id: 'team',
        sha256: createHash('sha256').update(TEAM_KEY).digest('hex'),
        models: ['tuned'],
        rpm_limit: 100,
        max_parallel_requests: 10,
        max_parallel_uploads: 2,
        max_stored_mb: 10,
        next_sha256: '1'.repeat(64),
        expires: '2999-01-31',
        max_num_retries: 9,
        max_call_timeout: 500,
        default_call_timeout: 400,
        max_fallbacks_per_call: 4,
        durability: 'always',
      },
    ],
    global_max_parallel_requests: 50,
    key_max_parallel_requests: 40,
    key_max_parallel_uploads: 3,
    key_max_stored_mb: 20,
    max_receiving_mb: 30,
    max_num_retries: 8,
    max_call_timeout: 600,
    default_call_timeout: 300,
    max_fallbacks_per_call: 3,
    durability: 'on-failure',
  },
  model_list: [
    {
      model_name: 'openai/*',
      litellm_params: { model: 'openai/*', extra_headers: { 'x-team': HEADER }, extra_body: { top_k: 3 }, rpm: 100 },
      model_info: { id: 'any' },
    },
    { model_name: 'groq/*', litellm_params: { model: 'groq/*-up' } },
    {
      model_name: 'tuned',
      litellm_params: {
        model: 'tuned-up',
        custom_llm_provider: 'openai',
        api_base: 'MOCK',
        base_url: 'MOCK',
        api_key: PLANTED_KEY,
        organization: 'org-of-the-tests',
        order: 1,
        weight: 2,
        num_retries: 1,
        timeout: 20,
        stream_timeout: 10,
        rpm: 100,
        tpm: 900_000,
        max_parallel_requests: 4,
        cooldown_time: 0.5,
        default_headers: { 'x-one': 'default', 'x-two': 'default', 'x-three': 'default' },
        headers: { 'x-two': 'headers', 'x-three': 'headers' },
        extra_headers: { 'x-three': 'extra' },
        extra_body: { seed: 7 },
      },
      model_info: {
        id: 'tuned-1',
        blocked: false,
        allowed_fails: 9,
        allowed_fails_policy: ofPolicy(ALLOWED_FAILS_FIELDS, 8),
        cooldown_time: 30,
        mode: 'chat',
        disable_background_health_check: true,
        health_check_timeout: 20,
      },
    },
    { ...plain('tuned'), blocked: true },
    {
      model_name: 'azure',
      litellm_params: { model: 'azure/of-azure', api_base: 'MOCK_HOST', api_version: '2024-10-21' },
    },
    ...['down', 'spare', 'small', 'large', 'strict', 'careless'].map(plain),
  ],
  router_settings: {
    num_retries: 0,
    num_retries_per_request: 9,
    retry_policy: ofPolicy(FIELDS, 0),
    model_group_retry_policy: { down: { InternalServerErrorRetries: 1 } },
    timeout: 30,
    stream_timeout: 20,
    stream_idle_timeout: 10,
    retry_after: 0.01,
    max_retry_delay: 0.05,
    fallback_reserve: 0.5,
    max_lost_attempts: 3,
    max_fallbacks: 2,
    fallbacks: [{ down: ['spare'] }, { 'openai/broken': ['groq/other'] }],
    context_window_fallbacks: [{ small: ['large'] }],
    content_policy_fallbacks: [{ strict: ['careless'] }],
    default_fallbacks: ['included'],
    fallback_approval: { groups: ['spare'], timeout: 0.05, on_timeout: 'approve' },
    model_group_alias: { fast: 'openai/fast-model' },
    allowed_fails: 7,
    allowed_fails_policy: ofPolicy(ALLOWED_FAILS_FIELDS, 6),
    cooldown_time: 0.25,
    default_litellm_params: { litellm_credential_name: 'mock', temperature: 0.5 },
    default_max_parallel_requests: 20,
    callbacks: RECORD,
  },
};

/** Of whom one asks in vain is told soon; the others must not be late on a machine that has other things to do. */
const PATIENT = { timeout: 60 };

/** A config in which `litellm_settings` says what it can. */
const LITELLM = {
  model_list: [
    ...['down', 'spare', 'small', 'large', 'strict', 'careless', 'silent', 'last'].map((name) => ({
      model_name: name,
      litellm_params: {
        model: `openai/${name}-up`,
        api_base: 'MOCK',
        api_key: PLANTED_KEY,
        ...(name !== 'silent' && PATIENT),
      },
    })),
    {
      model_name: 'bedrock',
      litellm_params: { model: 'bedrock/of-bedrock', aws_region_name: 'eu-west-1', api_key: PLANTED_KEY },
    },
    {
      model_name: 'signed',
      litellm_params: {
        model: 'bedrock/of-bedrock',
        aws_region_name: 'eu-west-1',
        api_base: 'MOCK',
        aws_access_key_id: 'AKIDEXAMPLE',
        aws_secret_access_key: PLANTED_KEY,
        aws_session_token: HEADER,
        ...PATIENT,
      },
    },
    {
      model_name: 'of-a-profile',
      litellm_params: { model: 'bedrock/of-bedrock', aws_region_name: 'eu-west-1', aws_profile_name: 'nobody' },
    },
    {
      model_name: 'vertex',
      litellm_params: {
        model: 'vertex_ai/gemini-2.5-pro',
        vertex_project: 'my-project',
        vertex_location: 'global',
        vertex_credentials: '/nowhere/credentials.json',
        // The first who signs in there loads the library of it.
        ...PATIENT,
      },
    },
    {
      model_name: 'vertex-by-other-names',
      litellm_params: {
        model: 'vertex_ai/gemini-2.5-pro',
        vertex_ai_project: 'my-project',
        vertex_ai_location: 'europe-west4',
        vertex_ai_credentials: { type: 'authorized_user', refresh_token: PLANTED_KEY },
      },
    },
  ],
  general_settings: {
    first_attempt: 'activity',
    background_health_checks: false,
    health_check_interval: 600,
    exhausted_call_status: 400,
    forward_client_headers_to_llm_api: ['x-title'],
  },
  litellm_settings: {
    sse_keepalive_ping_interval_seconds: 5,
    enable_json_schema_validation: true,
    num_retries: 1,
    num_retries_per_request: 2,
    request_timeout: 0.4,
    max_fallbacks: 1,
    fallbacks: [{ down: ['spare', 'last'] }],
    context_window_fallbacks: [{ small: ['large'] }],
    content_policy_fallbacks: [{ strict: ['careless'] }],
    default_fallbacks: ['last'],
    allowed_fails: 5,
  },
  router_settings: { max_retry_delay: 0.05, retry_policy: { NotFoundErrorRetries: 2, DefaultRetries: 1 } },
};

/** What goes without other settings. */
const NO_COOLDOWNS = {
  model_list: ['one', 'two'].map((id) => ({
    model_name: 'pair',
    litellm_params: { model: 'openai/pair-up', api_base: 'MOCK', api_key: PLANTED_KEY },
    model_info: { id },
  })),
  router_settings: { disable_cooldowns: true, cooldown_time: 600, num_retries: 1, max_retry_delay: 0.05 },
};

/** Configs that hold every key that is honoured, between them. */
export const CONFIGS = { router: ROUTER, litellm: LITELLM, noCooldowns: NO_COOLDOWNS };
