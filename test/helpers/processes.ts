import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.js';

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface RunningCli {
  readonly process: ChildProcess;
  /** Standard output and error so far. */
  output(): string;
  /** Waits until the output has this. */
  said(text: string | RegExp): Promise<void>;
  /** Waits until it ends by itself; returns the exit code. */
  ended(): Promise<number | null>;
  /** As a crash would end it. */
  kill(): Promise<void>;
  /** Sends a signal again and again until something came of it: one soon after another is taken for the same one. */
  signalUntil(signal: NodeJS.Signals, heard: () => boolean): Promise<void>;
  /** Sends a signal and waits for the end; returns the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface CliOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Receives everything that the process prints, appended. */
  logFile?: string;
  /** @default that of the build */
  program?: string;
}

interface TerminalOptions extends Omit<CliOptions, 'program'> {
  /** As `stty` takes it. */
  size?: string;
}

/** Whether a process has not ended. */
export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Starts `holdfast` as a process of its own. */
export function startCli(args: readonly string[], { program = CLI, ...options }: CliOptions = {}): RunningCli {
  return startProgram([process.execPath, program, ...args], options);
}

/** Starts `holdfast` on a terminal. Needs `script`. */
export function startOnTerminal(
  args: readonly string[],
  { size = 'cols 120 rows 24', ...options }: TerminalOptions = {},
) {
  const quoted = [process.execPath, CLI, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`);
  return startProgram(['script', '-qefc', `stty ${size}; exec ${quoted.join(' ')}`, '/dev/null'], options);
}

function startProgram(
  [program = '', ...args]: readonly string[],
  { env = {}, cwd, logFile }: Omit<CliOptions, 'program'>,
): RunningCli {
  const command = `${basename(program)} ${args.join(' ')}`;
  const child = spawn(program, args, {
    env: { ...process.env, TEMPORAL_DEBUG: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let text = '';
  const log = logFile === undefined ? null : createWriteStream(logFile, { flags: 'a' });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      log?.write(chunk);
    });
  }
  // Not 'exit', after which what it printed last may still come.
  let isClosed = false;
  const closed = once(child, 'close').then(() => void (isClosed = true));
  const ended = async () => {
    await closed;
    return child.exitCode;
  };
  const end = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return ended();
  };
  return {
    process: child,
    output: () => text,
    said: async (expected) => {
      await waitFor(
        () => {
          const found = typeof expected === 'string' ? text.includes(expected) : expected.test(text);
          if (!found && isClosed) throw new Error(`${command} exited (${child.exitCode ?? child.signalCode}): ${text}`);
          return found;
        },
        { what: `${command} to say ${expected}` },
      );
    },
    ended,
    signalUntil: async (signal, heard) => {
      const isHeard = () => {
        if (heard()) return true;
        child.kill(signal);
        return false;
      };
      // One that comes while Node itself ends would be its end, and a busy machine takes a while to hear of the last.
      await waitFor(isHeard, { everyMs: 1000, what: `${command} to hear ${signal}` });
    },
    kill: async () => void (await end('SIGKILL')),
    end,
  };
}
