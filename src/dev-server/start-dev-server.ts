import { execFile, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { acceptsConnections, freePort, LOOPBACK } from './ports.js';
import { DevServerError, serverEnvironment, ServerProcess } from './server-process.js';

const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;
const HEALTH_TIMEOUT_MS = 10_000;
/** How long a healthy server may take to print its banner; after that its wording is taken to have changed. */
const BANNER_TIMEOUT_MS = 10_000;
const HELP_TIMEOUT_MS = 10_000;
const START_TRIES = 3;

const NO_NEWS = '--ui-disable-news-fetch';

/**
 * A killed process loses nothing with these; a power cut may lose the last moment. What is written into the log goes into the
 * database when there are 10,000 pages of it, 40 MB: most pages are written many times before.
 */
const SQLITE_PRAGMAS = ['journal_mode=wal', 'synchronous=1', 'wal_autocheckpoint=10000'];

const DYNAMIC_CONFIG = [
  // The server's default, 1 s, is added to every delay before a retry.
  'history.timerProcessorMaxTimeShift="50ms"',
  // Priorities need it before server 1.31.
  'matching.useNewMatcher=true',
  // Workers take from all callers and batches in turn, which each partition of a task queue does for itself.
  'matching.enableFairness=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  // An attempt that its call's first task handed over goes on in the process that makes it.
  'system.enableActivityEagerExecution=true',
  // `temporal workflow pause`, which servers do not take unless they are told to.
  'frontend.WorkflowPauseEnabled=true',
  // A call that ends within a second is written into the list once, not when it starts and when it ends.
  'history.visibilityProcessorMaxPollRPS=1',
  'history.visibilityTaskBatchSize=1000',
];

/** Whether a search attribute is usable as soon as it is registered: the server then reads all of them for each workflow. */
const ATTRIBUTES_AT_ONCE = 'system.forceSearchAttributesCacheRefreshOnRead';

export interface DevServerOptions {
  /** Path of the Temporal CLI, see `findTemporalCli`. */
  cli: string;
  /** SQLite file that keeps everything across restarts; its folder is made if missing. In memory if absent. */
  dbFile?: string;
  /** @default a free port */
  port?: number;
  /** @default a free port */
  uiPort?: number;
  /**
   * Without the web UI.
   * @default false
   */
  headless?: boolean;
  /** Made at start; `default` always is. */
  namespace?: string;
  /** Receives what the server prints, appended. */
  logFile?: string;
  /** Registered at start, in all namespaces. @default those that others register are usable at once, which costs each workflow */
  searchAttributes?: readonly { name: string; type: 'Keyword' | 'Int' | 'Text' | 'Double' | 'Bool' | 'Datetime' }[];
  /**
   * End the server when this process dies, even by SIGKILL.
   * @default true
   */
  endWithParent?: boolean;
  /** Called when the server dies though neither `stop` nor `kill` was called. */
  onUnexpectedExit?: (error: DevServerError) => void;
}

export interface DevServer {
  /** `host:port` of the gRPC service. */
  readonly address: string;
  readonly port: number;
  /** Undefined when headless. */
  readonly uiUrl?: string;
  readonly pid: number;
  readonly process: ChildProcess;
  /** SIGTERM, after 5 s SIGKILL. May be called again at any time. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would be. */
  kill(): Promise<void>;
}

/** The UI asks nobody but its server: it fetches no news, where the CLI knows how to say so (1.8, not 1.5). */
async function uiArguments(cli: string, uiPort: number | undefined): Promise<string[]> {
  if (uiPort === undefined) return ['--headless'];
  const help = promisify(execFile)(cli, ['server', 'start-dev', '--help'], { timeout: HELP_TIMEOUT_MS });
  const hasNews = await help.then(({ stdout }) => stdout.includes(NO_NEWS)).catch(() => false);
  return ['--ui-port', String(uiPort), ...(hasNews ? [NO_NEWS] : [])];
}

function serverArguments(options: DevServerOptions, port: number, ui: readonly string[]): string[] {
  const pragmas = options.dbFile === undefined ? [] : SQLITE_PRAGMAS;
  const config = [...DYNAMIC_CONFIG, `${ATTRIBUTES_AT_ONCE}=${options.searchAttributes === undefined}`];
  const always = ['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port), '--log-level', 'warn'];
  return [
    ...always,
    ...ui,
    ...(options.dbFile === undefined ? [] : ['--db-filename', options.dbFile]),
    ...(options.namespace === undefined ? [] : ['--namespace', options.namespace]),
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...config.flatMap((value) => ['--dynamic-config-value', value]),
    ...(options.searchAttributes ?? []).flatMap(({ name, type }) => ['--search-attribute', `${name}=${type}`]),
  ];
}

/** Whether a server says that it is well. */
export async function isServing(cli: string, address: string): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)(cli, ['operator', 'cluster', 'health', '--address', address], {
      env: serverEnvironment(),
      timeout: HEALTH_TIMEOUT_MS,
    });
    return stdout.includes('SERVING');
  } catch {
    return false;
  }
}

async function startOnce(options: DevServerOptions): Promise<DevServer> {
  const port = options.port ?? (await freePort());
  const uiPort = options.headless === true ? undefined : (options.uiPort ?? (await freePort()));
  const ui = await uiArguments(options.cli, uiPort);
  const address = `${LOOPBACK}:${port}`;
  // The banner comes last, after the namespaces and search attributes have been made.
  let bannerSeen = false;
  let ready = false;
  const server = new ServerProcess({
    cli: options.cli,
    args: serverArguments(options, port, ui),
    logFile: options.logFile,
    endWithParent: options.endWithParent ?? true,
    onLine: (line) => {
      bannerSeen ||= /server:/i.test(line) && line.includes(`:${port}`);
    },
    onUnexpectedExit: (error) => {
      if (ready) options.onUnexpectedExit?.(error);
    },
  });

  const deadline = Date.now() + START_TIMEOUT_MS;
  let servingSince: number | undefined;
  while (servingSince === undefined || !(bannerSeen || Date.now() - servingSince > BANNER_TIMEOUT_MS)) {
    if (server.hasExited) throw server.failure('did not start');
    if (Date.now() > deadline) {
      await server.kill();
      throw server.failure(`was not ready after ${START_TIMEOUT_MS / 1000} s`);
    }
    if (servingSince === undefined && (await acceptsConnections(port)) && (await isServing(options.cli, address))) {
      servingSince = Date.now();
    } else {
      await sleep(POLL_INTERVAL_MS);
    }
  }
  const { pid } = server.child;
  if (server.hasExited || pid === undefined) throw server.failure('did not start');
  ready = true;
  return {
    address,
    port,
    ...(uiPort === undefined ? {} : { uiUrl: `http://${LOOPBACK}:${uiPort}` }),
    pid,
    process: server.child,
    stop: () => server.stop(),
    kill: () => server.kill(),
  };
}

/**
 * Starts a Temporal dev server and waits until it serves. It can be started again on the same file and port after it
 * was stopped or killed.
 * @throws DevServerError when it does not come up
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  for (const file of [options.dbFile, options.logFile]) {
    if (file !== undefined) await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  }
  for (let tryNumber = 1; ; tryNumber += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      // Somebody else may have taken a port between its choice and its use; the server picks further ones by itself.
      const portTaken = error instanceof DevServerError && /address already in use|bind:/i.test(error.message);
      if (!portTaken || options.port !== undefined || tryNumber === START_TRIES) throw error;
    }
  }
}
