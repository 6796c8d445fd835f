import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { HoldfastClient } from '../client/holdfast-client.js';
import { keyRing, type KeyRing } from '../encryption/key-ring.js';
import type { GlobalOptions } from './configure-command.js';
import { CONFIG_FILES } from './find-config.js';

/** Connects, does one thing, and closes the connection, so that the program can end. */
export async function withClient<T>(options: GlobalOptions, use: (client: HoldfastClient) => Promise<T>): Promise<T> {
  const client = await HoldfastClient.connect({ ...options, keys: await keysOf(options) });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

/** What a config says of encryption, or takes in with other files. */
const MAY_HAVE_KEYS = /\b(?:encryption|include)\b/;

/**
 * The keys of the config that is named, else of the one in this folder, where there is one.
 * @throws ConfigError when it cannot be read, or the variable of a key is not set
 */
export async function keysOf({ keysFrom }: GlobalOptions): Promise<KeyRing | undefined> {
  const file = keysFrom ?? CONFIG_FILES.find((name) => existsSync(name));
  if (file === undefined) return undefined;
  // To load what reads configs takes a while.
  if (keysFrom === undefined && !MAY_HAVE_KEYS.test(await readFile(file, 'utf8'))) return undefined;
  const { loadConfig } = await import('../config/index.js');
  const { encryption } = await loadConfig(file, { requireKeys: false, requireEncryptionKeys: true, lenient: true });
  return keyRing(encryption);
}
