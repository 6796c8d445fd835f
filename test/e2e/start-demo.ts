import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { waitFor } from '../helpers/wait-for.js';

const ROOT = join(import.meta.dirname, '../..');

/** How long a demo may take on a busy machine. */
export const PATIENCE_MS = 240_000;

/** A demo without a terminal, and every process that it ever had. */
interface RunningDemo {
  output(): string;
  said(text: string | RegExp): Promise<void>;
  /** As a Ctrl-C does: to every process of the terminal's group. */
  interrupt(): void;
  /** Waits for the end; the exit code. */
  ended(): Promise<number | null>;
  /** The commands of all processes so far. */
  had(): string[];
  /** Waits until none of its processes is left. */
  isGone(): Promise<void>;
}

interface DemoOptions {
  readonly cli: string;
  /** Gets what the demo writes. */
  readonly folder: string;
}

/** Starts `npm run demo`, or another one that the arguments name. */
export function startDemo(args: readonly string[], { cli, folder }: DemoOptions): RunningDemo {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|OPENAI_|HOLDFAST_(UI|TASK_QUEUE))/.test(name)),
  );
  const child = spawn(process.execPath, ['scripts/demo.mjs', ...args], {
    cwd: ROOT,
    env: {
      ...env,
      HOLDFAST_TEMPORAL_CLI: cli,
      TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
      TMPDIR: folder,
      // In the folder it would be left there, which is right.
      NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
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
  let isClosed = false;
  const closed = once(child, 'close').finally(() => {
    isClosed = true;
    clearInterval(watch);
  });
  return {
    output: () => text,
    said: async (expected) => {
      await waitFor(
        () => {
          const found = typeof expected === 'string' ? text.includes(expected) : expected.test(text);
          if (!found && isClosed) throw new Error(`the demo ended without ${expected}:\n${text}`);
          return found;
        },
        { timeoutMs: PATIENCE_MS, what: `the demo to say ${expected}` },
      );
    },
    interrupt: () => process.kill(-pid, 'SIGINT'),
    ended: async () => {
      await closed;
      return child.exitCode;
    },
    had: () => [...seen.values()],
    isGone: async () => {
      const left = (): string[] => {
        const now = new Map(processes().map(({ id, command }) => [id, command]));
        return [...seen].filter(([id, command]) => now.get(id) === command).map(([id, command]) => `${id} ${command}`);
      };
      await waitFor(() => left().length === 0, { timeoutMs: 10_000, what: 'the end of every process' }).catch(() => {
        expect(left()).toEqual([]);
      });
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
    // One that is ending has no command any more.
    return state === 'Z' || command === '' ? [] : [{ id: Number(name), parent: Number(parent), command }];
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
