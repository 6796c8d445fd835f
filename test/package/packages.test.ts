import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { Script } from '../../src/mock-provider/index.js';
import { startCli } from '../helpers/processes.js';
import { TOOL_CALLS } from '../helpers/tool-calls.js';
import { USED_BY_BLOCKS, writeCodeBlocks } from './code-blocks.js';
import { install, installBoth, linkFromRoot, newFolder, outputOf, pack, ROOT, type Packed } from './outside.js';

const PROGRAMS = join(import.meta.dirname, 'programs');
const NAMES = ['holdfast', '@holdfast/client'] as const;

/** Compilers and bundlers on a machine that has much else to do. */
const LONG_MS = 600_000;

/** What the models of `app.mjs` do. */
const SCRIPT: Script = {
  bird: [{ content: 'A wren.' }, { content: 'A kite.' }, { content: 'A heron.' }],
  strict: '400',
  slow: 'hang',
  story: [{ sse: ['Once ', 'upon a time.'], hold: true }],
  agent: [
    TOOL_CALLS.chat({ id: 'one', name: 'lookUp', arguments: '{"bird":"kingfisher"}' }),
    { content: 'At rivers.' },
  ],
};

const [tarballs, both, thin, reader] = [newFolder(), newFolder(), newFolder(), newFolder()];
let packed: Packed;

beforeAll(async () => {
  packed = await pack(tarballs);
  await installBoth(both, packed);
}, LONG_MS);

afterAll(() => {
  for (const folder of [tarballs, both, thin, reader]) rmSync(folder, { recursive: true, force: true });
});

/** How TypeScript checks a project. */
const STRICTLY = ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'esnext', '--types', 'node', '--skipLibCheck'];

const PRIVATE = /['"]@temporalio\/[\w-]+\/lib\//;

const bin = (name: string, path: string) => join(ROOT, 'node_modules', name, path);

describe.each(NAMES)('%s, as it would be published', (name) => {
  test(
    'is what publint and attw want',
    async () => {
      const [publint, attw] = await Promise.all([
        outputOf([bin('publint', 'src/cli.js'), packed[name], '--strict'], ROOT),
        outputOf([bin('@arethetypeswrong/cli', 'dist/index.js'), packed[name], '--format', 'ascii'], ROOT),
      ]);
      expect(publint).toContain('All good!');
      expect(attw).toContain('No problems found');
    },
    LONG_MS,
  );

  test('has the licence, the changes, and documents whose links lead to documents that it has', () => {
    const folder = join(both, 'node_modules', name);
    expect(['LICENSE', 'CHANGELOG.md', 'README.md'].filter((file) => !existsSync(join(folder, file)))).toEqual([]);
    const pages = globSync(['*.md', '{docs,examples}/**/*.md'], { cwd: folder });
    expect(pages.flatMap((page) => deadLinks(folder, page))).toEqual([]);
  });

  test('names no private parts of the SDK in its types, which change with any version', () => {
    const folder = join(both, 'node_modules', name);
    // Those of packages of Temporal's that come along are theirs.
    const files = globSync('dist/**/*.d.*ts', { cwd: folder }).filter((file) => !file.includes('/vendor/'));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => PRIVATE.test(readFileSync(join(folder, file), 'utf8')))).toEqual([]);
  });
});

function deadLinks(folder: string, page: string): string[] {
  const text = readFileSync(join(folder, page), 'utf8').replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
  const links = [...text.matchAll(/\]\(([^)\s#]+)/g)].map(([, link = '']) => link);
  return links
    .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(folder, dirname(page), link)))
    .map((link) => `${page}: ${link}`);
}

describe('@holdfast/client alone', () => {
  test('needs few packages, and no worker, server or cloud', async () => {
    const { packages, bytes, folder } = await install(thin, '@holdfast/client', packed['@holdfast/client']);
    expect(packages).toBeLessThanOrEqual(60);
    expect(bytes).toBeLessThanOrEqual(60e6);
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, object>;
    expect(Object.keys(dependencies ?? {})).not.toContainEqual(expect.stringMatching(/worker|fastify|aws|openai$/));
  });

  test('is loaded as an ES module and as CommonJS, and says what S3 wants', async () => {
    writeFileSync(
      join(thin, 'load.mjs'),
      `import * as imported from '@holdfast/client';
       import { createRequire } from 'node:module';
       const required = createRequire(import.meta.url)('@holdfast/client');
       console.log(Object.keys(required).filter((name) => !(name in imported)), imported.isCallError(new Error('no')));
       const options = { externalStorage: { location: 's3://bucket/folder' }, address: process.env.TEMPORAL_ADDRESS };
       const client = await imported.HoldfastClient.connect(options);
       const content = 'x'.repeat(2e6);
       await client.start({ model: 'fast', messages: [{ role: 'user', content }] }).catch((error) => console.log(error.message));
       await client.close();`,
    );
    const output = await outputOf(['load.mjs'], thin, { TEMPORAL_ADDRESS: inject('temporalAddress') });
    expect(output).toContain('[] false');
    expect(output).toMatch(/install the packages @aws-sdk\/client-s3 and @aws-sdk\/lib-storage/);
  });
});

test(
  'the code of the documents fits the types, as whoever reads them would write it',
  async () => {
    for (const name of NAMES) await install(reader, name, packed[name]);
    for (const name of USED_BY_BLOCKS) linkFromRoot(reader, name);
    const files = writeCodeBlocks(reader, join(PROGRAMS, 'presupposed.txt'));
    expect(
      await outputOf(
        [bin('typescript', 'bin/tsc'), ...STRICTLY, '--module', 'esnext', '--moduleResolution', 'bundler', ...files],
        reader,
      ),
    ).toBe('');
  },
  LONG_MS,
);

describe('a project outside', () => {
  test.each([
    ['node16', ['--module', 'node16'], ['use.mts', 'use.cts']],
    ['nodenext', ['--module', 'nodenext'], ['use.mts', 'use.cts']],
    ['bundler', ['--module', 'esnext', '--moduleResolution', 'bundler'], ['use.ts']],
  ])(
    'has whole types, as ES modules and as CommonJS, under %s',
    async (_name, how, files) => {
      for (const file of files) cpSync(join(PROGRAMS, 'use.txt'), join(both, file));
      linkFromRoot(both, '@types/node');
      const output = await outputOf(
        [bin('typescript', 'bin/tsc'), ...STRICTLY, ...how, '--skipLibCheck', 'false', ...files],
        both,
      );
      // Those of other packages have faults of their own.
      expect(output.split('\n').filter((line) => /^(?:use\.|node_modules\/@?holdfast)/.test(line))).toEqual([]);
    },
    LONG_MS,
  );

  test(
    'of ES modules runs workflows and an agent of its own, reads streams, and tests them',
    { timeout: LONG_MS },
    async () => {
      cpSync(PROGRAMS, both, { recursive: true });
      for (const name of ['ai', '@ai-sdk/openai-compatible', 'zod']) linkFromRoot(both, name);
      const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), TASK_QUEUE: `outside-${randomUUID()}` };
      const gateway = startCli(
        ['gateway', '--config', 'holdfast.yaml', '--port', '0', '--task-queue', env.TASK_QUEUE],
        {
          program: join(both, 'node_modules', 'holdfast', 'dist', 'cli', 'main.js'),
          cwd: both,
          env: { ...env, MOCK_PROVIDER_URL: 'http://127.0.0.1:1/v1' },
        },
      );
      onTestFinished(() => gateway.kill());
      await gateway.said(/serves http\S+\/v1/);
      const [, GATEWAY = ''] = /serves (\S+)/.exec(gateway.output()) ?? [];
      const output = await outputOf(['app.mjs'], both, { ...env, GATEWAY, SCRIPT: JSON.stringify(SCRIPT) });
      const told = JSON.parse(output.split('\n').find((line) => line.startsWith('{"')) ?? 'null') as unknown;
      expect(told, output).toEqual({
        asChild: 'A wren.',
        asActivities: 'A kite.',
        elsewhere: 'A heron.',
        failed: 'BadRequestError',
        cancelled: ['CancelledFailure', 'cancelled'],
        // Its first attempt was lost: the second one joined both calls.
        agent: ['At rivers.', 2],
        streamed: ['Once upon a time.', 'Once upon a time.', 1],
        faked: ['A wren.', 'RateLimitError', 2],
      });
    },
  );

  test(
    'in CommonJS runs a worker with the plugin, a workflow that makes calls in both ways, and the thin client',
    { timeout: LONG_MS },
    async () => {
      cpSync(PROGRAMS, both, { recursive: true });
      const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), TASK_QUEUE: `outside-${randomUUID()}` };
      const output = await outputOf(['app.cjs'], both, env);
      expect(output).toContain(
        JSON.stringify({ called: 'A heron.', named: ['A wren.', 'A kite.'], failed: 'NotFoundError', asked: 3 }),
      );
      // The call that failed is none of what its logger warns of.
      expect(output).not.toContain('[WARN] Workflow failed');
    },
  );
});
