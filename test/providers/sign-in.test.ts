import { createHash, createHmac, generateKeyPairSync, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connection, SignIn } from '../../src/config/index.js';
import { DEFAULTS } from '../../src/core/plan/settings.js';
import { createCallProvider } from '../../src/providers/call-provider.js';
import type { ProviderRequest } from '../../src/providers/provider-request.js';
import { signerOfGoogle } from '../../src/providers/sign-in/google.js';

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that answers by a function, and keeps what it got. */
class Answering {
  readonly received: Received[] = [];
  /** Null: it stays silent. */
  answer: (request: Received) => { status: number; json: unknown } | null = () => ({ status: 200, json: ANSWER });
  private readonly server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      const got = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
      this.received.push(got);
      const answer = this.answer(got);
      if (answer === null) return;
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.json));
    });
  });

  async open(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const ANSWER = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'signed' }, finish_reason: 'stop' }],
};

const KEYS = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'secret-of-a-test',
  sessionToken: 'session-token-of-a-test',
};
const AWS: SignIn = { by: 'aws', service: 'bedrock', region: 'eu-west-1', credentials: KEYS };

let upstream: Answering;
let tokens: Answering;
let folder: string;
beforeEach(async () => {
  upstream = new Answering();
  tokens = new Answering();
  await upstream.open();
  await tokens.open();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-sign-in-'));
});
afterEach(async () => {
  upstream.close();
  tokens.close();
  await rm(folder, { recursive: true });
});

function requestTo(
  signIn: SignIn,
  changes: Partial<ProviderRequest> = {},
  more: Partial<Connection> = {},
): ProviderRequest {
  return {
    operation: 'chat.completions',
    connection: {
      provider: 'bedrock',
      apiBase: `${upstream.url}/openai/v1`,
      apiKey: 'no-key',
      signIn,
      params: {},
      ...more,
    },
    model: 'openai.gpt-oss-20b-1:0',
    body: { messages: [{ role: 'user', content: 'hi \u2028 ü' }], seed: { 'holdfast:number': '9223372036854775807' } },
    limit: { limitMs: 20_000, scope: 'attempt' },
    streamLimits: { firstContentMs: null, idleMs: DEFAULTS.streamIdleTimeoutMs },
    blockedAnswerFails: true,
    interrupt: new AbortController().signal,
    ...changes,
  };
}

const hash = (value: string) => createHash('sha256').update(value).digest('hex');
const hmac = (key: string | Buffer, value: string) => createHmac('sha256', key).update(value).digest();

/** Signature Version 4 as AWS computes it from what it got. */
function expectedAuthorization({ method, path, headers, body }: Received): string {
  const time = String(headers['x-amz-date']);
  const scope = `${time.slice(0, 8)}/eu-west-1/bedrock/aws4_request`;
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '') ?? [];
  const url = new URL(path, upstream.url);
  const query = [...url.searchParams].map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`);
  const canonical = [
    method,
    url.pathname.split('/').map(encodeURIComponent).join('/'),
    query.toSorted().join('&'),
    ...names.split(';').map((name) => `${name}:${String(headers[name]).trim()}`),
    '',
    names,
    hash(body),
  ].join('\n');
  const key = ['eu-west-1', 'bedrock', 'aws4_request'].reduce<Buffer>(
    (before, part) => hmac(before, part),
    hmac(`AWS4${KEYS.secretAccessKey}`, time.slice(0, 8)),
  );
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${KEYS.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`;
}

describe('AWS', () => {
  test.each<[string, Partial<ProviderRequest>, Partial<Connection>]>([
    ['plain', {}, {}],
    ['streamed', { body: { messages: [], stream: true } }, {}],
    ['with a query and headers of its own', {}, { query: { tenant: 'a b' }, headers: { 'x-team': 'red' } }],
  ])('a request is signed over what is really sent: %s', async (_what, changes, more) => {
    await createCallProvider([])(requestTo(AWS, changes, more));
    const [got] = upstream.received;
    expect(got?.headers.authorization).toBe(got && expectedAuthorization(got));
    expect(got?.headers).toMatchObject({ 'x-amz-security-token': KEYS.sessionToken, ...more.headers });
    expect(got?.headers.authorization).toContain(
      'content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token',
    );
  });

  test('digits and letters are signed as they go', async () => {
    await createCallProvider([])(requestTo(AWS));
    expect(upstream.received[0]?.body).toContain('"seed":9223372036854775807');
  });

  test('what the endpoint echoes of the sign-in is in no error', async () => {
    upstream.answer = ({ headers }) => ({
      status: 403,
      json: { message: `not allowed: ${String(headers['x-amz-security-token'])}` },
    });
    const { facts } = await createCallProvider([])(requestTo(AWS));
    expect(facts).toMatchObject({
      cause: { type: 'http', status: 403, error: { message: 'not allowed: [redacted]' } },
    });
  });
});

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PRIVATE_KEY = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

const ACCOUNT = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'id',
  private_key: PRIVATE_KEY,
  client_email: 'robot@p.iam.gserviceaccount.com',
};

/** The token endpoint: gives a token to whom the signed assertion names. */
function giveTokens(lifetimeSeconds = 3600) {
  let given = 0;
  tokens.answer = ({ body }) => {
    const assertion = new URLSearchParams(body).get('assertion') ?? '';
    const [head = '', claims = '', signature = ''] = assertion.split('.');
    const isRight = verify(
      'sha256',
      Buffer.from(`${head}.${claims}`),
      pair.publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!isRight) return { status: 400, json: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
    given += 1;
    const token = `token-${given}-of-a-test`;
    return { status: 200, json: { access_token: token, expires_in: lifetimeSeconds, token_type: 'Bearer' } };
  };
}

/** Google's token endpoint stands for ours. */
const toOurs: typeof fetch = (url, init) => {
  const { pathname } = new URL(url instanceof Request ? url.url : url);
  return fetch(`${tokens.url}${pathname}`, init);
};

const UNSIGNED = { method: 'POST', url: 'https://aiplatform.googleapis.com/x', json: () => '{}' };

describe('Google Cloud, by a service account', () => {
  test.each<[string, () => Promise<Extract<SignIn, { by: 'google' }>['credentials']>]>([
    ['written into the config', async () => ACCOUNT],
    [
      'in a file',
      async () => {
        const file = join(folder, 'account.json');
        await writeFile(file, JSON.stringify(ACCOUNT));
        return file;
      },
    ],
    ['as JSON in a variable', async () => JSON.stringify(ACCOUNT)],
  ])('%s: a token for all requests', async (_what, credentials) => {
    giveTokens();
    const sign = await signerOfGoogle({ by: 'google', credentials: await credentials() }, toOurs);
    const headers = await Promise.all([sign(UNSIGNED), sign(UNSIGNED), sign(UNSIGNED)]);
    expect(headers.map(({ authorization }) => authorization)).toEqual(Array(3).fill('Bearer token-1-of-a-test'));
    expect(tokens.received).toHaveLength(1);
    const [, claims = ''] = (new URLSearchParams(tokens.received[0]?.body).get('assertion') ?? '').split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: ACCOUNT.client_email,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
    });
  });

  test('a token that is about to end is fetched again', async () => {
    giveTokens(1);
    const sign = await signerOfGoogle({ by: 'google', credentials: ACCOUNT }, toOurs);
    expect(await sign(UNSIGNED)).toMatchObject({ authorization: 'Bearer token-1-of-a-test' });
    expect(await sign(UNSIGNED)).toMatchObject({ authorization: 'Bearer token-2-of-a-test' });
  });
});

/** A workload of another cloud: its file says who gives the token, here. */
async function workload(): Promise<SignIn> {
  const subject = join(folder, 'subject');
  await writeFile(subject, 'subject-token-of-a-test');
  return {
    by: 'google',
    credentials: {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${tokens.url}/v1/token`,
      credential_source: { file: subject },
    },
  };
}

const exchanged = (token: string) => ({
  status: 200,
  json: {
    access_token: token,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 3600,
  },
});

describe('Google Cloud, in an attempt', () => {
  test('the token goes with the request, under the name that Google has for the model', async () => {
    tokens.answer = () => exchanged('federated-token-of-a-test');
    const callProvider = createCallProvider([]);
    const request = requestTo(await workload(), { model: 'gemini-2.5-pro' }, { provider: 'vertex_ai' });
    expect(await callProvider(request)).toMatchObject({ facts: null });
    expect(await callProvider(request)).toMatchObject({ facts: null });
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual(
      Array(2).fill('Bearer federated-token-of-a-test'),
    );
    expect(upstream.received[0]?.body).toContain('"model":"google/gemini-2.5-pro"');
    expect(tokens.received).toHaveLength(1);
  });

  test.each([
    ['plain', {}],
    ['streamed', { body: { messages: [], stream: true } }],
  ])('a token that the endpoint echoes is in no error: %s', async (_what, changes) => {
    tokens.answer = () => exchanged('federated-token-of-a-test');
    upstream.answer = ({ headers }) => ({
      status: 400,
      json: { error: { message: `got ${headers.authorization?.slice(7)}` } },
    });
    const { facts } = await createCallProvider([])(requestTo(await workload(), changes));
    expect(JSON.stringify(facts)).not.toContain('federated-token');
    expect(facts).toMatchObject({ cause: { error: { message: 'got [redacted]' } } });
  });

  test.each<[string, Record<string, unknown> | string]>([
    ['a type that is not known here', { type: 'impersonated_service_account' }],
    ['a part that is missing', { type: 'service_account', client_email: 'x' }],
    ['a file that is not there', '/nowhere/credentials.json'],
  ])('%s is told', async (_what, credentials) => {
    const { facts } = await createCallProvider([])(requestTo({ by: 'google', credentials }));
    expect(facts).toMatchObject({
      cause: {
        type: 'http',
        status: 401,
        error: { message: expect.stringMatching(/^signing in at Google Cloud failed: /) },
      },
    });
    expect(upstream.received).toEqual([]);
  });

  test('who is refused asks nobody: an AuthenticationError', async () => {
    tokens.answer = () => ({ status: 400, json: { error: 'invalid_grant', error_description: 'no such pool' } });
    const { facts } = await createCallProvider([])(requestTo(await workload()));
    expect(facts).toMatchObject({ cause: { type: 'http', status: 401 }, phase: 'connecting' });
    expect(JSON.stringify(facts)).toContain('signing in at Google Cloud failed');
    expect(upstream.received).toEqual([]);
  });

  test('a token endpoint that is away is a connection that broke', async () => {
    const signIn = await workload();
    tokens.close();
    const { facts } = await createCallProvider([])(requestTo(signIn));
    expect(facts).toMatchObject({ cause: { type: 'connection' } });
    expect(upstream.received).toEqual([]);
  });

  test('one that is silent ends with the attempt', async () => {
    tokens.answer = () => null;
    const signIn = await workload();
    const { facts } = await createCallProvider([])(requestTo(signIn, { limit: { limitMs: 500, scope: 'attempt' } }));
    expect(facts).toMatchObject({ cause: { type: 'timeout', scope: 'attempt' } });
    expect(upstream.received).toEqual([]);
  });
});
