import { STATUS_CODES } from 'node:http';

/** The object under `error` in a provider's answer. */
export interface ErrorBody {
  message: string;
  type?: string | null;
  param?: string | null;
  code?: string | number | null;
  [key: string]: unknown;
}

interface NamedError {
  status: number;
  openai: ErrorBody;
  /** Given where Azure's text or shape differs. */
  azure?: ErrorBody;
  /** Anthropic's text, where it differs. */
  anthropic?: string;
}

/** Whose bodies an endpoint answers with. */
export type Dialect = 'openai' | 'azure' | 'anthropic';

/** Anthropic's types of errors, by status; other statuses are of its server or of the request. */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** What stands in the texts for `{model}`, `{key}`, `{method}`, `{path}` and `{param}`. */
export type ErrorFacts = Partial<Record<'model' | 'key' | 'method' | 'path' | 'param', string>>;

const invalidRequest = (message: string, code: string | null = null, param: string | null = null): ErrorBody => ({
  message,
  type: 'invalid_request_error',
  param,
  code,
});
const other = (message: string, type: string, code: string | number | null = null): ErrorBody => ({
  message,
  type,
  param: null,
  code,
});

const OPENAI_SERVER_ERROR = 'The server had an error while processing your request. Sorry about that!';
const SAFE = { filtered: false, severity: 'safe' };

/** Bodies as OpenAI and Azure send them. A name of three digits is the body that a bare status gets. */
const ERRORS = {
  '400': {
    status: 400,
    openai: invalidRequest(
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 200 instead.",
      'decimal_above_max_value',
      'temperature',
    ),
  },
  '401': {
    status: 401,
    openai: invalidRequest(
      'Incorrect API key provided: {key}. You can find your API key at https://platform.openai.com/account/api-keys.',
      'invalid_api_key',
    ),
    azure: {
      code: '401',
      message:
        'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
    },
  },
  '402': { status: 402, openai: other('Insufficient credits', 'billing') },
  '403': {
    status: 403,
    openai: other(
      'Country, region, or territory not supported',
      'request_forbidden',
      'unsupported_country_region_territory',
    ),
    azure: { code: '403', message: 'Access denied due to Virtual Network/Firewall rules.' },
  },
  '404': {
    status: 404,
    openai: invalidRequest('The model `{model}` does not exist or you do not have access to it.', 'model_not_found'),
    azure: {
      code: 'DeploymentNotFound',
      message:
        'The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.',
    },
  },
  '408': {
    status: 408,
    openai: other('Request timed out.', 'timeout'),
    azure: { code: 'Timeout', message: 'The operation was timeout.' },
  },
  '409': { status: 409, openai: other('conflict', 'conflict') },
  '422': { status: 422, openai: other('Unprocessable entity', 'validation') },
  '429': {
    status: 429,
    openai: other(
      'Rate limit reached for requests per min. Limit: 3 / min. Please try again in 20s.',
      'requests',
      'rate_limit_exceeded',
    ),
    azure: {
      code: '429',
      message:
        'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 2 seconds. Please go here: https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit.',
    },
  },
  '500': {
    status: 500,
    openai: other(OPENAI_SERVER_ERROR, 'server_error'),
    azure: other(
      'The server had an error processing your request. Sorry about that! You can retry your request, or contact us through an Azure support request at: https://go.microsoft.com/fwlink/?linkid=2213926 if you keep seeing this error.',
      'server_error',
    ),
  },
  '502': { status: 502, openai: other('Bad gateway.', 'cf_bad_gateway', 502) },
  '503': {
    status: 503,
    openai: other('The engine is currently overloaded, please try again later', 'service_unavailable'),
    azure: {
      code: 'ServiceUnavailable',
      message: 'The service is temporarily unable to process your request. Please try again later.',
    },
  },
  '504': { status: 504, openai: other('upstream request timeout', 'gateway_timeout') },
  '529': { status: 529, openai: other('Overloaded', 'overloaded_error') },
  context: {
    status: 400,
    openai: invalidRequest(
      "This model's maximum context length is 4097 tokens. However, your messages resulted in 6012 tokens. Please reduce the length of the messages.",
      'context_length_exceeded',
      'messages',
    ),
    anthropic: 'prompt is too long: 215872 tokens > 200000 maximum',
  },
  policy: {
    status: 400,
    openai: invalidRequest(
      'Your request was rejected as a result of our safety system. Your prompt may contain text that is not allowed by our safety system.',
      'content_policy_violation',
    ),
    azure: {
      message:
        "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766",
      type: null,
      param: 'prompt',
      code: 'content_filter',
      status: 400,
      innererror: {
        code: 'ResponsibleAIPolicyViolation',
        content_filter_result: {
          hate: SAFE,
          self_harm: SAFE,
          sexual: SAFE,
          violence: { filtered: true, severity: 'medium' },
        },
      },
    },
  },
  quota: {
    status: 429,
    openai: other(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  },
  'no-model': { status: 400, openai: invalidRequest('you must provide a model parameter') },
  'no-param': {
    status: 400,
    openai: invalidRequest("Missing required parameter: '{param}'.", 'missing_required_parameter', '{param}'),
  },
  'bad-json': {
    status: 400,
    openai: invalidRequest(
      "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble figuring out how to fix this, please contact us through our help center at help.openai.com.)",
    ),
  },
  'bad-url': { status: 404, openai: invalidRequest('Invalid URL ({method} {path})') },
  'bad-method': { status: 405, openai: invalidRequest('Only {param} requests are accepted.', 'method_not_supported') },
} as const satisfies Record<string, NamedError>;

export type ErrorName = keyof typeof ERRORS;

export const ERROR_NAMES = Object.keys(ERRORS) as ErrorName[];

export function errorStatus(name: ErrorName): number {
  return ERRORS[name].status;
}

/** The body of a named error in a dialect. */
export function errorBody(name: ErrorName, dialect: Dialect, facts: ErrorFacts): ErrorBody {
  const named: NamedError = ERRORS[name];
  if (dialect === 'anthropic') {
    return anthropicError(named.status, fill(named.anthropic ?? named.openai.message, facts));
  }
  const body = (dialect === 'azure' ? named.azure : undefined) ?? named.openai;
  return {
    ...body,
    message: fill(body.message, facts),
    ...(typeof body.param === 'string' && { param: fill(body.param, facts) }),
  };
}

/** The body that a status gets when nothing else is scripted. */
export function errorBodyOfStatus(status: number, dialect: Dialect, facts: ErrorFacts): ErrorBody {
  const name = String(status);
  if (isErrorName(name)) return errorBody(name, dialect, facts);
  const message = STATUS_CODES[status] ?? `Status ${status}`;
  if (dialect === 'anthropic') return anthropicError(status, message);
  return status >= 500 ? other(message, 'server_error') : invalidRequest(message);
}

function anthropicError(status: number, message: string): ErrorBody {
  return { type: ANTHROPIC_TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error'), message };
}

/** What an answer says around an error. */
export function withError(dialect: Dialect, error: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return dialect === 'anthropic' ? { type: 'error', error } : { error };
}

/** OpenAI repeats a short key in full and of a longer one the first eight and the last four characters. */
export function echoedKey(key: string): string {
  if (key.length < 12) return key;
  return `${key.slice(0, 8)}${'*'.repeat(Math.max(1, key.length - 12))}${key.slice(-4)}`;
}

function isErrorName(name: string): name is ErrorName {
  return Object.hasOwn(ERRORS, name);
}

function fill(text: string, facts: ErrorFacts): string {
  return text.replace(/\{(model|key|method|path|param)\}/g, (_, name: keyof ErrorFacts) => facts[name] ?? '');
}
