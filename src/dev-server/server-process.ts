import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { devNull } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { TailLines } from './tail-lines.js';
import { endWithThisProcess } from './watchdog.js';

const STOP_GRACE_MS = 5_000;

/** The CLI reads addresses, TLS and API keys from the environment too; none of them is meant for a server of our own. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(own), TEMPORAL_CONFIG_FILE: devNull };
}

/** The dev server did not start or died; the message ends with the last lines that it printed. */
export class DevServerError extends Error {
  override readonly name = 'DevServerError';
}

export interface ServerProcessOptions {
  cli: string;
  args: readonly string[];
  logFile: string | undefined;
  endWithParent: boolean;
  onLine: (line: string) => void;
  onUnexpectedExit: ((error: DevServerError) => void) | undefined;
}

/** A running server: its output, its end, and the two ways to end it. */
export class ServerProcess {
  readonly child: ChildProcess;
  readonly #options: ServerProcessOptions;
  readonly #output = new TailLines(25);
  readonly #exited: Promise<void>;
  #exit: string | undefined;
  #ending = false;
  #stopping: Promise<void> | undefined;

  constructor(options: ServerProcessOptions) {
    this.#options = options;
    const child = spawn(options.cli, options.args, {
      env: serverEnvironment(),
      // Out of the terminal's process group: Ctrl-C goes to the parent, which ends its workers first, the server last.
      detached: process.platform !== 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    this.child = child;
    const log = options.logFile === undefined ? undefined : createWriteStream(options.logFile, { flags: 'a' });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#output.push(line);
        log?.write(`${line}\n`);
        options.onLine(line);
      });
    }
    const unwatch =
      options.endWithParent && child.pid !== undefined ? endWithThisProcess(child.pid) : (): void => undefined;
    this.#exited = new Promise((resolve) => {
      const settle = (how: string): void => {
        if (this.#exit !== undefined) return;
        this.#exit = how;
        unwatch();
        log?.end();
        resolve();
        if (!this.#ending) options.onUnexpectedExit?.(this.failure('ended'));
      };
      child.once('error', (error) => settle(error.message));
      child.once('close', (code, signal) => settle(signal ?? `exit code ${code}`));
    });
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  failure(what: string): DevServerError {
    const how = this.#exit === undefined ? '' : ` (${this.#exit})`;
    const words = this.#output.text() || '  (it printed nothing)';
    return new DevServerError(`the Temporal dev server ${what}${how}; ${this.#options.cli} printed last:\n${words}`);
  }

  async kill(): Promise<void> {
    this.#ending = true;
    this.child.kill('SIGKILL');
    await this.#exited;
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    this.#ending = true;
    this.child.kill('SIGTERM');
    const abort = new AbortController();
    const grace = sleep(STOP_GRACE_MS, 'late', { signal: abort.signal }).catch(() => 'ended');
    if ((await Promise.race([this.#exited, grace])) === 'late') this.child.kill('SIGKILL');
    await this.#exited;
    abort.abort();
  }
}
