import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { LoadedConfig } from '../config/index.js';
import type { ExternalStorageOptions } from '../external-storage/external-place.js';
import { makeFolder } from '../storage/index.js';

interface DefaultStorage {
  readonly config: Pick<LoadedConfig, 'externalStorage'>;
  /** Where the config names no place. */
  readonly folder: string;
  /** Payloads of so many bytes and more go to the folder. @default the program's own */
  readonly leastBytes?: number;
  readonly log: Pick<Logger, 'warn'>;
}

/** Where large payloads go: what the config says, else a folder that is its user's own; undefined: there can be none. */
export async function storageOf({
  config,
  folder,
  leastBytes,
  log,
}: DefaultStorage): Promise<ExternalStorageOptions | undefined> {
  if (config.externalStorage !== undefined) return config.externalStorage;
  try {
    await makeFolder(folder, 0o700);
    await access(folder, constants.W_OK);
    return { location: folder, leastBytes };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn(`requests and answers that are large for Temporal are refused: ${reason}. external_storage names a place`);
    return undefined;
  }
}
