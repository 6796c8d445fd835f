import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SEARCH_ATTRIBUTE_LIST } from '../core/common/search-attributes.js';
import { withFileLock } from '../dev-server/file-lock.js';
import { startDevServer, type DevServer, type DevServerError } from '../dev-server/index.js';
import { acceptsConnections } from '../dev-server/ports.js';
import { UsageError } from './usage-error.js';

export interface DevPorts {
  /** 0: a free one */
  readonly port: number;
  readonly uiPort: number;
}

export interface DevServerSettings extends DevPorts {
  readonly cli: string;
  readonly db: string;
  readonly namespace: string;
}

/** The server of somebody who was killed ends within 5 s. */
const PREDECESSOR_ENDS_MS = 7000;

/** The lock of somebody who was killed counts no longer than this, whatever the system says of its process. */
const LOCK_PATIENCE_MS = 40_000;

/**
 * Starts a dev server, does something with it, and stops it. Two servers never use the same file.
 * @throws UsageError when a port or the file is taken, DevServerError when the server does not come up, or dies
 */
export async function withDevServer(
  settings: DevServerSettings,
  use: (server: DevServer) => Promise<void>,
): Promise<void> {
  const { db, port, uiPort } = settings;
  const lock = `${db}.lock`;
  const patienceMs = existsSync(lock) ? PREDECESSOR_ENDS_MS : 0;
  await mustBeFree(port, '--port', `, or use the server that is there: TEMPORAL_ADDRESS=localhost:${port}`, patienceMs);
  await mustBeFree(uiPort, '--ui-port', '', patienceMs);
  const onWait = (waitedMs: number) => {
    const taken = `${db} is in use by another \`holdfast dev\`. End that one, or choose another file with --db`;
    if (waitedMs > LOCK_PATIENCE_MS) throw new UsageError(taken);
    if (waitedMs < 1000) console.error(`holdfast: ${taken}; waiting for it for ${LOCK_PATIENCE_MS / 1000} s`);
  };
  await withFileLock(lock, () => useServer(settings, use), { onWait });
}

async function useServer(settings: DevServerSettings, use: (server: DevServer) => Promise<void>): Promise<void> {
  const { cli, db, namespace, port, uiPort } = settings;
  let onDeath: (error: DevServerError) => void = () => undefined;
  const died = new Promise<never>((_resolve, reject) => (onDeath = reject));
  // It may die while nobody waits for that yet.
  died.catch(() => undefined);
  const server = await startDevServer({
    cli,
    dbFile: db,
    searchAttributes: SEARCH_ATTRIBUTE_LIST,
    logFile: join(dirname(db), 'temporal.log'),
    ...(port === 0 ? {} : { port }),
    ...(uiPort === 0 ? {} : { uiPort }),
    ...(namespace === 'default' ? {} : { namespace }),
    onUnexpectedExit: (error) => onDeath(error),
  });
  try {
    await Promise.race([use(server), died]);
  } finally {
    await server.stop();
  }
}

/** @throws UsageError when something listens on the port, and goes on for as long as the patience lasts */
export async function mustBeFree(port: number, option: string, orElse = '', patienceMs = 0): Promise<void> {
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
