import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const STOP_GRACE_MS = 10_000;

/** A process of the benchmark. It ends with its parent, whatever ends that. */
export interface Child<Ready> {
  readonly pid: number;
  /** What it said when it was ready. */
  readonly ready: Ready;
  /** Asks it to end, after 10 s ends it. */
  stop(): Promise<void>;
}

/**
 * Starts `file` of this folder as a process of its own and waits until it is ready.
 * @throws Error when it ends before
 */
export async function startChild<Ready>(
  file: string,
  input: unknown,
  { nodeOptions = [], env = {} }: { nodeOptions?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<Child<Ready>> {
  const child = fork(fileURLToPath(new URL('run-child.mjs', import.meta.url)), [file, JSON.stringify(input)], {
    execArgv: [...nodeOptions],
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const failed = exited.then(([code, signal]) => {
    throw new Error(`${file} ended before it was ready (${signal ?? `exit code ${code}`})`);
  });
  const [ready] = (await Promise.race([once(child, 'message'), failed])) as [Ready];
  // It may end at any time from now on; whoever waits for its work will notice.
  failed.catch(() => undefined);
  return { pid: child.pid ?? 0, ready, stop: () => end(child, exited) };
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  // Its sign to end, see `runAsChild`.
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
  await exited;
  clearTimeout(kill);
}

/**
 * The other side: starts what this process is for, says so, and stops it when the parent lets go or is gone. A Ctrl-C
 * reaches every process of the terminal, and is left to the parent.
 */
export async function runAsChild<Input, Ready>(
  start: (input: Input) => Promise<{ ready: Ready; stop: () => Promise<void> }>,
): Promise<void> {
  const disconnected = once(process, 'disconnect');
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const { ready, stop } = await start(JSON.parse(process.argv[3] ?? '') as Input);
  if (process.connected) process.send?.(ready);
  await disconnected;
  await stop();
  process.exit();
}
