import { setTimeout as sleep } from 'node:timers/promises';
import { startDevServer, type DevServer, type DevServerOptions } from '../../src/dev-server/index.js';
import { endWithThisProcess } from '../../src/dev-server/watchdog.js';
import { startCli, type RunningCli } from '../helpers/processes.js';
import type { ProcessName } from './schedule.js';

/** A process that is killed, frozen and started again, one after the other. */
export interface ProcessUnderTest {
  readonly name: ProcessName;
  /** SIGKILL; started again after a while. Resolves when it is ready again. */
  kill(forMs: number): Promise<void>;
  /** SIGSTOP, SIGCONT after a while. */
  freeze(forMs: number): Promise<void>;
  /** Ends that nobody asked for. */
  readonly deaths: readonly string[];
  end(): Promise<void>;
}

/** A server that is away refuses who starts meanwhile: an operator's supervisor starts them again. */
const START_TRIES = 20;
const BETWEEN_TRIES_MS = 1_000;
const LAST_LINES = 12;

interface Life {
  readonly pid: number;
  kill(): Promise<void>;
}

/** @param start - resolves when the process is ready; `onDeath` hears of an end that was not asked for */
async function underTest(
  name: ProcessName,
  start: (onDeath: (how: string) => void) => Promise<Life>,
): Promise<ProcessUnderTest> {
  const deaths: string[] = [];
  let isEnding = false;
  const begin = async (): Promise<Life> => {
    for (let tryNumber = 1; ; tryNumber += 1) {
      try {
        return await start((how) => {
          deaths.push(`${name} ended by itself: ${how}`);
          if (isEnding) return;
          life = begin();
          // Whoever waits for it next is told.
          life.catch(() => undefined);
        });
      } catch (error) {
        if (tryNumber === START_TRIES) throw new Error(`${name} does not start: ${String(error)}`, { cause: error });
        await sleep(BETWEEN_TRIES_MS);
      }
    }
  };
  let life = begin();
  await life;
  return {
    name,
    deaths,
    kill: async (forMs) => {
      await (await life).kill();
      await sleep(forMs);
      life = begin();
      await life;
    },
    freeze: async (forMs) => {
      const { pid } = await life;
      process.kill(pid, 'SIGSTOP');
      await sleep(forMs);
      process.kill(pid, 'SIGCONT');
    },
    end: async () => {
      isEnding = true;
      await (await life).kill();
    },
  };
}

export function serverUnderTest(options: DevServerOptions): Promise<ProcessUnderTest> {
  return underTest('server', async (onDeath) => {
    const server: DevServer = await startDevServer({ ...options, onUnexpectedExit: ({ message }) => onDeath(message) });
    return { pid: server.pid, kill: () => server.kill() };
  });
}

interface CliUnderTest {
  readonly name: Exclude<ProcessName, 'server'>;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
}

export function cliUnderTest({ name, args, env, logFile }: CliUnderTest): Promise<ProcessUnderTest> {
  return underTest(name, async (onDeath) => {
    const running = startCli([name, ...args], { env, logFile });
    const { pid = 0 } = running.process;
    const unwatch = endWithThisProcess(pid);
    running.process.once('exit', unwatch);
    await running.said(/polls task queue|uses task queue/).catch(async (error: unknown) => {
      await running.kill();
      throw error;
    });
    let isKilled = false;
    running.process.once('exit', (code, signal) => {
      if (!isKilled) onDeath(`${signal ?? `exit code ${code}`}\n${lastLines(running)}`);
    });
    return {
      pid,
      kill: async () => {
        isKilled = true;
        await running.kill();
      },
    };
  });
}

function lastLines(running: RunningCli): string {
  return running.output().trimEnd().split('\n').slice(-LAST_LINES).join('\n');
}
