import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';

const ROOT = join(import.meta.dirname, '../..');
const PATIENCE_MS = 240_000;

/** `npm run demo` without a terminal, and every process that it ever had. */
interface RunningDemo {
  output(): string;
  said(text: string | RegExp): Promise<void>;
  /** As a Ctrl-C does: to every process of the terminal's group. */
  interrupt(): void;
  /** Waits for the end; the exit code. */
  ended(): Promise<number | null>;
  /** The commands of all processes so far. */
  had(): string[];
  /** Processes that are still there. */
  left(): string[];
}

function startDemo(cli: string, folder: string): RunningDemo {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|OPENAI_|HOLDFAST_(UI|TASK_QUEUE))/.test(name)),
  );
  const child = spawn(process.execPath, ['scripts/demo.mjs'], {
    cwd: ROOT,
    env: {
      ...env,
      HOLDFAST_TEMPORAL_CLI: cli,
      TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
      TMPDIR: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('the demo did not start');
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  const seen = new Map<number, string>();
  const watch = setInterval(() => {
    for (const [id, command] of descendants(pid)) seen.set(id, command);
  }, 200);
  const exited = once(child, 'close').finally(() => clearInterval(watch));
  return {
    output: () => text,
    said: async (expected) => {
      await waitFor(
        () => {
          if (child.exitCode !== null) throw new Error(`the demo ended without ${expected}:\n${text}`);
          return typeof expected === 'string' ? text.includes(expected) : expected.test(text);
        },
        { timeoutMs: PATIENCE_MS, what: `the demo to say ${expected}` },
      );
    },
    interrupt: () => process.kill(-pid, 'SIGINT'),
    ended: async () => {
      await exited;
      return child.exitCode;
    },
    had: () => [...seen.values()],
    left: () => {
      const now = new Map(processes().map(({ id, command }) => [id, command]));
      return [...seen].filter(([id, command]) => now.get(id) === command).map(([id, command]) => `${id} ${command}`);
    },
  };
}

interface Process {
  id: number;
  parent: number;
  command: string;
}

/** All processes. On Linux from /proc: not every machine has `ps`. */
function processes(): Process[] {
  if (existsSync('/proc/self/stat')) return readdirSync('/proc').flatMap(processOf);
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' }).trim().split('\n');
  return lines.map((line) => {
    const [id, parent, ...command] = line.trim().split(/\s+/);
    return { id: Number(id), parent: Number(parent), command: command.join(' ') };
  });
}

function processOf(name: string): Process[] {
  if (!/^\d+$/.test(name)) return [];
  try {
    // After the name, which may hold anything, in parentheses: the state and the parent.
    const [state, parent] = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
    const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return state === 'Z' ? [] : [{ id: Number(name), parent: Number(parent), command }];
  } catch {
    // It ended between the two.
    return [];
  }
}

function descendants(root: number): Map<number, string> {
  const all = processes();
  const found = new Map<number, string>();
  const add = (parent: number) => {
    for (const { id, command } of all.filter((process) => process.parent === parent)) {
      found.set(id, command);
      add(id);
    }
  };
  add(root);
  return found;
}

/** The part of the output that is about one call. */
function sectionOf(output: string, number: number): string {
  return output.split(/^(?=\d · |What happened)/m).find((section) => section.startsWith(`${number} · `)) ?? '';
}

/** Each ends with the last rows of its ledger and the answer. */
const CALLS = [
  [
    'a 429 with Retry-After and a 500, each on its own budget',
    1,
    [
      /smart +1 +smart-4o +\d+ ms +RateLimitError \(429\)/,
      /→ retry in 2\.\d s: retry 1 of 5 on RateLimitErrorRetries; the provider asked for 2 s/,
      /smart +2 +smart-4o .*InternalServerError \(500\)/,
      /→ retry .*: retry 1 of 3 on InternalServerErrorRetries/,
      /smart +3 +smart-4o .*answered/,
      /Answer: Gannet/,
    ],
  ],
  [
    'a 500 and a second deployment',
    2,
    [
      /fast +1 +fast-4o-mini .*InternalServerError \(500\)/,
      /→ retry at once: .*another deployment is asked at once/,
      /fast +2 +fast-4\.1-mini .*answered/,
      /Answer: The part by which kelp/,
    ],
  ],
  [
    'a hang',
    3,
    [
      /autocomplete +1 +nano-4\.1 +[45]\.\d s +Timeout \(408\)/,
      /→ retry .*: retry 1 of 1 on TimeoutErrorRetries/,
      /autocomplete +2 +nano-4\.1 .*answered/,
    ],
  ],
  [
    'a context window',
    4,
    [
      /fast +1 +fast-4o-mini .*ContextWindowExceededError \(400\)/,
      /→ give up: /,
      /long-context +1 +long-4\.1 .*answered/,
    ],
  ],
  [
    'a fallback to a second group',
    5,
    [
      /autocomplete +2 +nano-4\.1 .*ServiceUnavailableError \(503\)/,
      /→ give up: InternalServerErrorRetries \(1\) is used up/,
      /fast +1 +fast-4o-mini .*answered/,
    ],
  ],
  [
    'a killed worker',
    6,
    [
      /\* kill -9 \d+: the worker is gone, in the middle of attempt 1/,
      /\* Another worker runs, process \d+/,
      /fast +1 +fast-4o-mini +lost/,
      /→ the worker was lost during this attempt; charged to no budget/,
      /fast +2 +fast-4o-mini .*answered/,
    ],
  ],
] as const;

describe.skipIf(skipWithout('temporal-cli'))('npm run demo', { timeout: PATIENCE_MS + 60_000 }, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-demo-test-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const nothingIsLeft = (demo: RunningDemo) =>
    waitFor(() => demo.left().length === 0, { timeoutMs: 10_000, what: 'the end of every process' }).catch(() => {
      expect(demo.left()).toEqual([]);
    });

  test('without a key and a terminal: every call with its ledger, a killed worker, and nothing is left', async () => {
    const demo = startDemo(inject('temporalCli')!, folder);
    const code = await demo.ended();
    const output = demo.output();
    expect(code, output).toBe(0);
    for (const [what, number, rows] of CALLS) {
      const section = sectionOf(output, number);
      let from = 0;
      for (const row of rows) {
        const at = section.slice(from).search(row);
        expect(at, `${what}: ${row} in\n${section}`).toBeGreaterThanOrEqual(0);
        from += at;
      }
      expect(section).toMatch(
        new RegExp(`Call (demo-${number}-\\S+) +http://\\S+/namespaces/default/workflows/\\1$`, 'm'),
      );
    }
    expect(output).toContain('6 calls, 6 answered. The provider saw 14 requests.');
    expect(output).toContain('One worker was killed, and no call was lost.');
    expect(output, 'no colours without a terminal').not.toContain('\u001b');
    for (const command of [/server start-dev/, /main\.js worker/]) {
      expect(demo.had()).toContainEqual(expect.stringMatching(command));
    }
    await nothingIsLeft(demo);
  });

  test.each([
    ['while it starts', 'Holdfast: durable LLM calls'],
    ['in the middle of a call', /RateLimitError \(429\)/],
  ])('Ctrl-C %s ends it all', async (_when, text) => {
    const before = await readdir(folder);
    const demo = startDemo(inject('temporalCli')!, folder);
    await demo.said(text);
    demo.interrupt();
    expect(await demo.ended(), demo.output()).toBe(130);
    await nothingIsLeft(demo);
    expect(await readdir(folder)).toEqual(before);
  });
});
