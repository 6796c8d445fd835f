import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exitCodesHelp } from '../../src/cli/exit-codes.js';
import { startCli } from '../helpers/processes.js';
import { runCli, runCliProcess, type Finished } from './run-cli.js';

const GOOD = `
model_list:
  - model_name: sonnet
    litellm_params: { model: openai/a, api_key: os.environ/KEY_THAT_IS_NOT_SET, api_base: http://127.0.0.1:1/v1 }
  - model_name: haiku
    litellm_params: { model: openai/b, api_key: sk-planted-0123456789, api_base: http://127.0.0.1:1/v1, num_retries: 7 }
  - model_name: haiku
    litellm_params: { model: openai/c, api_key: none, api_base: http://127.0.0.1:1/v1, order: 2, timeout: 9 }
router_settings:
  retry_policy: { RateLimitErrorRetries: 4 }
  fallbacks: [{ sonnet: [haiku] }]
  model_group_alias: { quick: haiku }
`;
const BAD = GOOD.replace('retry_policy:', 'retry_polcy:').replace('fallbacks:', 'fallbcks:');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  await Promise.all([
    writeFile(join(folder, 'holdfast.yaml'), GOOD),
    writeFile(join(folder, 'bad.yaml'), BAD),
    writeFile(join(folder, 'request.json'), '{"num_retries": 0, "fallbacks": []}'),
    writeFile(join(folder, 'broken.json'), '{"num_retries": '),
    writeFile(join(folder, 'wrong.json'), '{"num_retries": -1}'),
    writeFile(join(folder, 'texts.json'), '{"input": ["one"], "timeout": 60}'),
    writeFile(join(folder, 'items.json'), '{"input": 5}'),
    writeFile(join(folder, 'list.json'), '[]'),
    writeFile(join(folder, 'bad-script.json'), '{"a": "4x9"}'),
  ]);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]): Promise<Finished> => runCli(args, { cwd: folder });

describe('the command line', () => {
  test('--version prints the version', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('--help lists the commands, the exit codes and examples', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    for (const command of [
      'dev',
      'worker',
      'call',
      'list',
      'inspect',
      'cancel',
      'explain',
      'config',
      'mock-provider',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(stdout).toContain(exitCodesHelp());
    expect(stdout).toContain('Examples:');
  });

  const MISUSES: readonly (readonly [what: string, args: readonly string[], says: string])[] = [
    ['a command that does not exist', ['lst'], "unknown command 'lst'"],
    ['a certificate without its key', ['serve', '--tls-cert', 'cert.pem'], '--tls-cert and --tls-key belong together'],
    ['an option that does not exist', ['list', '--frobnicate'], "unknown option '--frobnicate'"],
    ['a number that is none', ['list', '--limit', 'many'], 'Expected a whole number, at least 1'],
    ['a state that does not exist', ['list', '--state', 'lost'], 'Allowed choices are running, answered'],
    ['a call without a model group', ['call', 'Hello'], 'name one with --model GROUP'],
    ['a call without a prompt', ['call', '--model', 'a'], 'give either a prompt or --file'],
    ['a call with an empty prompt', ['call', ' ', '--model', 'a'], 'the prompt is empty\n'],
    ['a call with nothing on standard input', ['call', '-', '--model', 'a'], 'nothing came on standard input'],
    ['a call with a file that is not there', ['call', '@no.txt', '--model', 'a'], 'no.txt cannot be read'],
    ['options before the name of Temporal', ['--namespace', 'x', 'temporal'], 'stand behind its name'],
    ['a request that is not JSON', ['call', '--file', 'broken.json', '--model', 'a'], 'broken.json is not JSON'],
    ['an answer that is a list', ['answer', 'x', '--response', 'list.json', '--why', 'x'], 'expected the answer of'],
    ['a request that is no object', ['call', '--file', 'list.json', '--model', 'a'], 'list.json: expected a request'],
    ['a request file that is not there', ['call', '--file', 'no.json', '--model', 'a'], 'no.json cannot be read'],
    ['a config that is not there', ['worker', '--config', 'no.yaml'], 'no.yaml: cannot be read: no such file'],
    ['a worker without its keys', ['worker'], 'KEY_THAT_IS_NOT_SET is not set'],
    ['a script that is wrong', ['mock-provider', '--script', 'bad-script.json'], '"4x9" is not a fault name'],
  ];
  test.each(MISUSES)('%s ends with 2 and says what to do', async (_what, args, says) => {
    const { code, stdout, stderr } = await run(...args);
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/^holdfast: /);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });

  test('no server ends with 3; the stack is for HOLDFAST_DEBUG=1 only', async () => {
    const [plain, debug] = await Promise.all([
      run('call', 'Hello', '--model', 'a', '--address', '127.0.0.1:1'),
      runCli(['list'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1', HOLDFAST_DEBUG: '1' } }),
    ]);
    expect(plain).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'holdfast: no Temporal server answers at 127.0.0.1:1. Start one with `holdfast dev`, ' +
        'or say where yours is with --address or TEMPORAL_ADDRESS\n',
    });
    expect(debug.code).toBe(3);
    expect(debug.stderr).toMatch(/^\s+at /m);
  });

  test('a profile that does not exist ends with 3', async () => {
    const { code, stderr } = await run('list', '--profile', 'nope');
    expect(stderr).toContain("holdfast: Temporal's own configuration cannot be used: Profile 'nope' not found");
    expect(code).toBe(3);
  });

  test('a worker without a server ends with 3', async () => {
    const { code, stderr } = await runCliProcess(['worker', '--address', '127.0.0.1:1'], {
      cwd: folder,
      env: { KEY_THAT_IS_NOT_SET: 'sk-set' },
    });
    expect(stderr).toContain('holdfast: no Temporal server answers at 127.0.0.1:1');
    expect(code).toBe(3);
  });
});

describe('config check', () => {
  test('a good config: its groups; a missing key is a note; no key is shown', async () => {
    const { code, stdout } = await run('config', 'check');
    expect(stdout).toContain('holdfast.yaml: good. Groups: sonnet, haiku, quick (alias of haiku)');
    expect(stdout).toContain('note: model_list[0].litellm_params.api_key: ');
    expect(stdout).toMatch(/^Honoured\n(?: {2}.*\n)* {2}router_settings +retry_policy, fallbacks, model_group_alias$/m);
    expect(stdout).not.toContain('sk-planted');
    expect(code).toBe(0);
  });

  test('a bad config: every problem at its path, as text and as JSON', async () => {
    const [text, json] = await Promise.all([
      run('config', 'check', 'bad.yaml'),
      run('config', 'check', 'bad.yaml', '--json'),
    ]);
    expect(text.code).toBe(2);
    expect(text.stdout).toContain('bad.yaml: 2 problems');
    expect(text.stdout).toContain('router_settings.retry_polcy: ');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      file: 'bad.yaml',
      ok: false,
      problems: [{ path: expect.any(String), message: expect.any(String) }, { path: expect.any(String) }],
    });
  });
});

describe('config check of a config with what does nothing here', () => {
  const LENIENT = `${BAD}general_settings: { drain_endpoint_token: sk-planted-0123456789 }\n`;
  beforeAll(() => writeFile(join(folder, 'lenient.yaml'), LENIENT));

  test('tells what is ignored and why, also beside problems', async () => {
    const { code, stdout } = await run('config', 'check', 'lenient.yaml');
    expect(stdout).toContain(
      '\nIgnored\n  general_settings.drain_endpoint_token: a gateway drains when it gets SIGTERM',
    );
    expect(stdout).toContain('lenient.yaml: 2 problems');
    expect(code).toBe(2);
  });

  test('--lenient: unknown keys are ignored, too', async () => {
    const { code, stdout } = await run('config', 'check', 'lenient.yaml', '--lenient', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      problems: [],
      ignored: expect.arrayContaining([
        { path: 'router_settings.retry_polcy', message: 'ignored: unknown key. Did you mean retry_policy?' },
      ]),
      honoured: expect.arrayContaining([{ key: 'model_list.model_name', places: 3 }]),
    });
    expect(stdout).not.toContain('sk-planted');
  });
});

describe('config check --strict', () => {
  const NOTED = `${GOOD}litellm_settings: { drop_params: true, timezone: Europe/Oslo }\n`;
  beforeAll(() => writeFile(join(folder, 'noted.yaml'), NOTED));

  test('makes problems of notes, but not of variables that are not set here', async () => {
    expect(await run('config', 'check', 'noted.yaml')).toMatchObject({ code: 0 });
    const { code, stdout } = await run('config', 'check', 'noted.yaml', '--strict');
    expect(code).toBe(2);
    expect(stdout).toContain('noted.yaml: 2 problems');
    expect(stdout).toContain('  litellm_settings.timezone: ignored: unknown key');
    expect(stdout).not.toContain('Ignored');
    expect(await run('config', 'check', '--strict')).toMatchObject({ code: 0 });
    expect(await run('config', 'check', '--strict', '--lenient')).toMatchObject({ code: 2 });
  });
});

describe('config check --urls', () => {
  test('tells whom each deployment asks, and where, without a key', async () => {
    const { code, stdout } = await run('config', 'check', '--urls');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}sonnet +sonnet#a +openai +http:\/\/127\.0\.0\.1:1\/v1\/chat\/completions$/m);
    const { stdout: json } = await run('config', 'check', '--urls', '--json');
    expect(JSON.parse(json)).toMatchObject({ urls: [{ group: 'sonnet', provider: 'openai' }, {}, {}] });
  });

  test('of a model that each provider has, those that can be asked here', async () => {
    const star = 'model_list: [{ model_name: "*", litellm_params: { model: "*" } }]';
    await writeFile(join(folder, 'star.yaml'), star);
    const env = { ...process.env, GROQ_API_KEY: 'sk-planted-0123456789', OPENAI_API_KEY: '' };
    const { stdout } = await runCli(['config', 'check', 'star.yaml', '--urls'], { cwd: folder, env });
    expect(stdout).toMatch(
      /^ {2}groq\/\* +\*#\*:groq +groq +https:\/\/api\.groq\.com\/openai\/v1\/chat\/completions$/m,
    );
    expect(stdout).not.toContain('api.openai.com');
    expect(stdout).not.toContain('sk-planted');
  });
});

describe('explain', () => {
  test('every group of the chain, each value with its source; needs no keys', async () => {
    const { code, stdout } = await run('explain', 'sonnet', '--verbose');
    expect(code).toBe(0);
    expect(stdout).toContain('Group sonnet: requested');
    expect(stdout).toMatch(/^sonnet#a +openai +http:\/\/127\.0\.0\.1:1\/v1\/chat\/completions$/m);
    expect(stdout).toContain('Group haiku: fallbacks, fallback 1');
    expect(stdout).toMatch(
      /RateLimitError +4 +RateLimitErrorRetries +router_settings\.retry_policy\.RateLimitErrorRetries/,
    );
    expect(stdout).toMatch(/Timeout +7, then standbys +num_retries +num_retries of deployment haiku/);
    expect(stdout).toMatch(/Timeout +2, then standbys +num_retries +default/);
    expect(stdout).toMatch(/^haiku#c +c +2, standby +1$/m);
    expect(stdout).toContain('Standbys: haiku#c. ');
    expect(stdout).toMatch(/^attempt timeout of haiku#c, s +9 +timeout of deployment haiku#c$/m);
    expect(stdout).toMatch(/any other +sonnet → haiku +no fallback group is left$/m);
    expect(stdout).toContain('In every group\nA retry waits as long as the provider asks for');
  });

  test('in short: where it goes first, then what is not as by default, within 80 columns', async () => {
    const { code, stdout } = await run('explain', 'sonnet');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^sonnet under holdfast.yaml .*\n\nWhere it goes\nWHEN EACH GROUP ENDS WITH/);
    expect(stdout).toMatch(/ +sonnet → haiku +no fallback group is left$/m);
    expect(stdout).toMatch(/^haiku#c +2, standby +http:\/\/127\.0\.0\.1:1\/v1\/chat\/completions$/m);
    expect(stdout).toMatch(/^4, then standbys +RateLimitErrorRetries +RateLimitError$/m);
    expect(stdout).not.toContain('stream_idle_timeout');
    expect(stdout).toContain('--verbose has every setting');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('a request for another operation, with a time to keep to', async () => {
    const { stdout } = await run('explain', 'sonnet', '--operation', 'embeddings', '--request', 'texts.json');
    expect(stdout).toContain('A group that others may follow has 75 % of the time that is left.');
  });

  test('as JSON, with the settings of a request', async () => {
    const { code, stdout } = await run('explain', 'sonnet', '--request', 'request.json', '--json');
    expect(code).toBe(0);
    const explanation: unknown = JSON.parse(stdout);
    expect(explanation).toMatchObject({ config: 'holdfast.yaml', requested: 'sonnet', groups: [{ group: 'sonnet' }] });
  });

  test('--lenient: a config with keys that nobody knows', async () => {
    const { code, stdout } = await run('explain', 'sonnet', '--config', 'bad.yaml', '--lenient');
    expect(stdout).toContain('Group sonnet: requested');
    expect(code).toBe(0);
  });

  const REFUSED: readonly (readonly [what: string, args: readonly string[], says: string])[] = [
    [
      'an unknown model, with the nearest one',
      ['sonet'],
      'model "sonet" is not in holdfast.yaml, and no default_fallbacks serve it. Did you mean sonnet?',
    ],
    [
      'a request with a bad setting',
      ['sonnet', '--request', 'wrong.json'],
      'wrong.json: the request is not valid: num_retries: ',
    ],
    [
      'a request for another operation',
      ['sonnet', '--request', 'items.json', '--operation', 'embeddings'],
      'items.json: the request is not valid: input: ',
    ],
    ['an operation that does not exist', ['sonnet', '--operation', 'chat'], 'Allowed choices are chat.completions, '],
    [
      'a bad config, each problem on a line of its own',
      ['sonnet', '--config', 'bad.yaml'],
      'Did you mean retry_policy?\nholdfast: bad.yaml: router_settings.fallbcks: ',
    ],
  ];
  test.each(REFUSED)('%s: 2', async (_what, args, says) => {
    const { code, stdout, stderr } = await run('explain', ...args);
    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  });
});

describe('mock-provider', () => {
  test('says how to use it, answers, and ends with 0 on SIGTERM', async () => {
    const provider = startCli(['mock-provider']);
    await provider.said(/api_base: \S+\n/);
    const url = /mock provider: (\S+)/.exec(provider.output())?.[1];
    const response = await fetch(`${url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer none' },
      body: JSON.stringify({ model: '429', messages: [{ role: 'user', content: 'Hello' }] }),
    });
    expect(response.status).toBe(429);
    expect(await provider.end('SIGTERM')).toBe(0);
  });

  test('a port that is taken: 2', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await run('mock-provider', '--port', String(port));
    server.close();
    expect(stderr).toContain(`holdfast: port ${port} is taken`);
    expect(code).toBe(2);
  });
});
