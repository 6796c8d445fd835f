import { AsyncLocalStorage } from 'node:async_hooks';
import { Console } from 'node:console';
import { Readable, Writable } from 'node:stream';

/** What a command sees as its process: it prints, reads and looks up variables there. */
interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly console: Console;
}

export interface Given {
  readonly input: string | Uint8Array;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

export interface Printed<T> {
  readonly result: T;
  readonly stdout: string;
  readonly stderr: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const surroundings = new AsyncLocalStorage<Surroundings>();

/** Commands that run now: they share the folder. */
let running = 0;
let restore = (): void => undefined;

/**
 * Runs a command in this process, with output, input and variables of its own; several may run at once. What reads past
 * `process` sees those of this process, for instance `tmpdir()`.
 */
export async function runWithin<T>(given: Given, command: () => Promise<T>): Promise<Printed<T>> {
  const [stdout, stderr] = [new Sink(), new Sink()];
  const own: Surroundings = {
    env: Object.fromEntries(Object.entries(given.env).filter(([, value]) => value !== undefined)),
    stdin: Readable.from([Buffer.from(given.input)], { objectMode: false }),
    stdout,
    stderr,
    console: new Console(stdout, stderr),
  };
  enter(given.cwd);
  try {
    const result = await surroundings.run(own, command);
    return { result, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    leave();
  }
}

function enter(cwd: string): void {
  if (running === 0) restore = prepare(cwd);
  else if (process.cwd() !== cwd) throw new Error(`a command runs in ${process.cwd()}: await it before one in ${cwd}`);
  running += 1;
}

function leave(): void {
  running -= 1;
  if (running === 0) restore();
}

/** Returns what takes it all back, listeners of signals included: a command leaves them to the end of its process. */
function prepare(cwd: string): () => void {
  const before = process.cwd();
  const listeners = SIGNALS.map((signal) => ({ signal, kept: process.listeners(signal) }));
  const takeBack = [
    ...(['env', 'stdin', 'stdout', 'stderr'] as const).map((name) => replace(process, name)),
    replace(globalThis, 'console'),
  ];
  process.chdir(cwd);
  return () => {
    process.chdir(before);
    for (const back of takeBack) back();
    for (const { signal, kept } of listeners) {
      const added = process.listeners(signal).filter((listener) => !kept.includes(listener));
      for (const listener of added) process.off(signal, listener);
    }
  };
}

/** Lets a property be the one of the command that asks. */
function replace(owner: object, name: keyof Surroundings): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, name);
  if (own === undefined) throw new Error(`nothing to replace: ${name}`);
  Object.defineProperty(owner, name, {
    configurable: true,
    enumerable: own.enumerable ?? true,
    get: (): unknown => surroundings.getStore()?.[name] ?? own.get?.call(owner) ?? own.value,
  });
  return () => void Object.defineProperty(owner, name, own);
}

class Sink extends Writable {
  private readonly chunks: Buffer[] = [];

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }

  text(): string {
    return Buffer.concat(this.chunks).toString();
  }
}
