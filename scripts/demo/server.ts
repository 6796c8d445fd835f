import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DevServerError, findTemporalCli, startDevServer, type DevServer } from '../../src/dev-server/index.js';
import { acceptsConnections } from '../../src/dev-server/ports.js';
import { temporalSettings } from '../../src/temporal/settings.js';
import type { Run } from './run.js';

const PORT = 7233;
const UI_PORT = 8233;

export interface TemporalServer {
  readonly address: string;
  readonly namespace: string;
  /** Base of the web UI; null where nobody said where it is. */
  readonly ui: string | null;
  /** Null for a server that ran already and goes on after the demo. */
  readonly dbFile: string | null;
}

/** Uses the server that the environment or the user's profile names, else starts one that keeps its state in a file. */
export async function openServer(run: Run, folder: string): Promise<TemporalServer> {
  const found = await run.until(findTemporalCli({ report: (line) => console.error(line), install: false }));
  if (found.kind === 'address') return existingServer();
  await ignoreTemporalSettings(join(folder, 'temporal.toml'));
  const dbFile = join(folder, 'temporal.db');
  const starting = startOnUsualPorts({
    cli: found.path,
    dbFile,
    logFile: join(folder, 'server.log'),
    onUnexpectedExit: (error) => run.fail(error),
  });
  run.onEnd(async () => (await starting).stop());
  const { address, uiUrl = null } = await run.until(starting);
  return { address, namespace: 'default', ui: uiUrl, dbFile };
}

function existingServer(): TemporalServer {
  const { connection, namespace } = temporalSettings();
  const ui = process.env['HOLDFAST_UI'] || process.env['TEMPORAL_UI'] || null;
  return { address: connection.address, namespace, ui: ui?.replace(/\/+$/, '') ?? null, dbFile: null };
}

/** Namespaces, keys and certificates of other servers are not meant for one of our own. */
async function ignoreTemporalSettings(configFile: string): Promise<void> {
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
  // The SDK cannot read an empty file, as /dev/null would be.
  await writeFile(configFile, '[profile.default]\n');
  process.env['TEMPORAL_CONFIG_FILE'] = configFile;
}

async function startOnUsualPorts(options: Parameters<typeof startDevServer>[0]): Promise<DevServer> {
  const port = (await acceptsConnections(PORT)) ? {} : { port: PORT };
  const uiPort = (await acceptsConnections(UI_PORT)) ? {} : { uiPort: UI_PORT };
  try {
    return await startDevServer({ ...options, ...port, ...uiPort });
  } catch (error) {
    // Somebody else took a port in the meantime: any free one will do.
    if (error instanceof DevServerError && /in use|bind:/i.test(error.message)) return startDevServer(options);
    throw error;
  }
}
