import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { HoldfastClient } from '../client/holdfast-client.js';
import { keyRing } from '../encryption/key-ring.js';
import type { TemporalOptions } from '../temporal/settings.js';
import type { GlobalOptions } from './configure-command.js';
import { CONFIG_FILES } from './find-config.js';

/** Connects, does one thing, and closes the connection, so that the program can end. */
export async function withClient<T>(options: GlobalOptions, use: (client: HoldfastClient) => Promise<T>): Promise<T> {
  const client = await HoldfastClient.connect({ ...options, ...(await dataSettingsOf(options)) });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** What a config says of data, or takes in with other files. */
const SAYS_MORE = /\b(?:encryption|external_storage|include)\b/;

/** How what is kept is kept. */
type DataSettings = Pick<TemporalOptions, 'keys' | 'externalStorage'>;

/**
 * What the config says of data that is named, else the one in this folder, where there is one.
 * @throws ConfigError when it cannot be read, or the variable of a key is not set
 */
export async function dataSettingsOf({ keysFrom }: GlobalOptions): Promise<DataSettings> {
  const file = keysFrom ?? CONFIG_FILES.find((name) => existsSync(name));
  if (file === undefined) return {};
  // To load what reads configs takes a while.
  if (keysFrom === undefined && !SAYS_MORE.test(await readFile(file, 'utf8'))) return {};
  const { loadConfig } = await import('../config/index.js');
  const read = { requireKeys: false, requireEncryptionKeys: true, lenient: true };
  const { encryption, externalStorage } = await loadConfig(file, read);
  return { keys: keyRing(encryption), externalStorage };
}
