import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptsConnections } from '../dev-server/ports.js';
import { startDevServer, type DevServer, type DevServerError } from '../dev-server/index.js';
import { UsageError } from './usage-error.js';

export interface DevPorts {
  /** 0: a free one */
  readonly port: number;
  readonly uiPort: number;
}

export interface OpenDevServerOptions extends DevPorts {
  readonly cli: string;
  readonly db: string;
  readonly namespace: string;
  /** Somebody used the same file a moment ago and may be ending. */
  readonly hadPredecessor: boolean;
}

export interface OpenDevServer extends Pick<DevServer, 'address' | 'port' | 'uiUrl' | 'stop'> {
  /** Rejects when the server dies by itself. */
  readonly died: Promise<never>;
}

/** A server gets 5 s to end after the program that started it was killed. */
const PREDECESSOR_ENDS_MS = 7000;

/**
 * Starts a dev server on ports that are free.
 * @throws UsageError when a port is taken, DevServerError when the server does not come up
 */
export async function openDevServer(options: OpenDevServerOptions): Promise<OpenDevServer> {
  const { cli, db, namespace, port, uiPort, hadPredecessor } = options;
  const patienceMs = hadPredecessor ? PREDECESSOR_ENDS_MS : 0;
  await mustBeFree(port, '--port', `, or use the server that is there: TEMPORAL_ADDRESS=localhost:${port}`, patienceMs);
  await mustBeFree(uiPort, '--ui-port', '', patienceMs);
  let onDeath: (error: DevServerError) => void = () => undefined;
  const died = new Promise<never>((_resolve, reject) => (onDeath = reject));
  // It may die while nobody waits for that yet.
  died.catch(() => undefined);
  const server = await startDevServer({
    cli,
    dbFile: db,
    logFile: join(dirname(db), 'temporal.log'),
    ...(port === 0 ? {} : { port }),
    ...(uiPort === 0 ? {} : { uiPort }),
    ...(namespace === 'default' ? {} : { namespace }),
    onUnexpectedExit: (error) => onDeath(error),
  });
  return { ...server, died };
}

async function mustBeFree(port: number, option: string, orElse: string, patienceMs: number): Promise<void> {
  if (port === 0) return;
  const end = Date.now() + patienceMs;
  while (await acceptsConnections(port)) {
    if (Date.now() >= end) {
      throw new UsageError(
        `port ${port} is taken, perhaps by another \`holdfast dev\`. Choose another with ${option}${orElse}`,
      );
    }
    await sleep(200);
  }
}
