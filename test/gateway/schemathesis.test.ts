import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pythonProgram } from '../../scripts/python/environments.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';

/** A 503 says that the service is busy, or has no room for files; any other 5xx is a fault of ours. */
const SETTINGS = `
[checks.not_a_server_error]
expected-statuses = ["2xx", "4xx", 503]

# It would act on the calls of all who share the server.
[[operations]]
include-path = "/holdfast/actions"
enabled = false
`;

/** What has to hold of each answer. Whether a request was worth an error is the fuzz tests' business. */
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
];

describe.skipIf(skipWithout('python-schemathesis'))('Schemathesis, by our own description', () => {
  let gateway: TestGateway;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-schemathesis-'));
    gateway = await openGateway({ model_list: group('*', ['ok']) }, {}, { files: join(folder, 'files') });
    await writeFile(join(folder, 'schemathesis.toml'), SETTINGS);
  });
  afterAll(async () => {
    await gateway.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('whatever it asks: no 5xx but 503, and every answer is as described', { timeout: 900_000 }, async () => {
    const options = ['--checks', CHECKS.join(','), '--phases', 'examples,coverage,fuzzing', '--no-color'];
    // The same on each machine and each time: a bound of time ended it before all was asked where that is slow.
    const bounds = ['--max-examples', '4', '--seed', '1', '--generation-database', 'none'];
    const { code, output } = await run(['run', `${gateway.url}/openapi.json`, ...options, ...bounds], folder);
    expect(code, output).toBe(0);
  });
});

function run(args: readonly string[], cwd: string): Promise<{ code: unknown; output: string }> {
  const program = pythonProgram('schemathesis', 'schemathesis') ?? '';
  return new Promise((resolve) => {
    execFile(program, args, { cwd, maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: `${stdout}${stderr}` }),
    );
  });
}
