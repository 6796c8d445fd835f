import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startService } from '../../src/cli/start-service.js';
import { parseConfig } from '../../src/config/index.js';
import { runCli } from '../cli/run-cli.js';
import { ownBoard } from '../helpers/own-board.js';
import { startCli } from '../helpers/processes.js';
import { Upstream } from './upstream.js';

/** What all cases of a run share. */
export interface FieldServers {
  readonly address: string;
  readonly namespace?: string | undefined;
  readonly workflowBundlePath: string;
}

/** A gateway with its worker. */
export interface RunningGateway {
  /** Without `/v1`. */
  readonly url: string;
  readonly taskQueue: string;
  close(): Promise<void>;
}

/** Where cases run: the upstream, gateways under the configs of cases, the command line. */
export class FieldEnvironment {
  readonly upstream: Upstream;
  readonly folder: string;
  private readonly servers: FieldServers;
  private readonly opened: (() => Promise<unknown>)[] = [];

  private constructor(servers: FieldServers, upstream: Upstream, folder: string) {
    this.servers = servers;
    this.upstream = upstream;
    this.folder = folder;
  }

  static async open(servers: FieldServers): Promise<FieldEnvironment> {
    return new FieldEnvironment(servers, await Upstream.start(), await mkdtemp(join(tmpdir(), 'holdfast-field-')));
  }

  /** A gateway in this process. */
  async serve(config: string, env: NodeJS.ProcessEnv = {}): Promise<RunningGateway> {
    const taskQueue = `field-${randomUUID()}`;
    const service = await startService({
      ...this.servers,
      config: parseConfig(config, { source: 'field', env }),
      taskQueue,
      port: 0,
      drainSeconds: 0,
      board: ownBoard(),
      log: pino({ level: 'silent' }),
      workflowBundle: { codePath: this.servers.workflowBundlePath },
    });
    return this.remember(service.url, taskQueue, async () => {
      service.stop();
      await service.stopped;
    });
  }

  /** A gateway in a process of its own, which has these variables. */
  async serveApart(config: string, env: NodeJS.ProcessEnv): Promise<RunningGateway> {
    const taskQueue = `field-${randomUUID()}`;
    const file = await this.write('config.yaml', config);
    const given = ['--config', file, '--task-queue', taskQueue, '--port', '0', ...this.serverOptions];
    const running = startCli(['serve', ...given], { env });
    this.opened.push(() => running.kill());
    await running.said(/serves http\S+\/v1/);
    const [, url = ''] = /serves (http\S+)\/v1/.exec(running.output()) ?? [];
    return this.remember(url, taskQueue, () => running.kill());
  }

  /** Runs the command line to its end, and gives its exit status and all that it printed. */
  async runCli(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number | null; output: string }> {
    const { code, stdout, stderr } = await runCli(args, { env });
    return { code, output: `${stdout}${stderr}` };
  }

  /** Options of commands that need the server. */
  get serverOptions(): string[] {
    const { address, namespace } = this.servers;
    return ['--address', address, ...(namespace === undefined ? [] : ['--namespace', namespace])];
  }

  /** A file in a folder of its own. */
  async write(name: string, content: string): Promise<string> {
    const file = join(await mkdtemp(join(this.folder, 'file-')), name);
    await writeFile(file, content);
    return file;
  }

  async close(): Promise<void> {
    for (const close of this.opened.splice(0).toReversed()) await close();
    await this.upstream.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private remember(url: string, taskQueue: string, end: () => Promise<void>): RunningGateway {
    let ended: Promise<void> | null = null;
    const close = () => (ended ??= end());
    this.opened.push(close);
    return { url, taskQueue, close };
  }
}
