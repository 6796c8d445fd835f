import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError } from './findings/config-error.js';
import { readProblem } from './sections/include.js';
import type { LoadedConfig } from './schema/loaded-config.js';
import { parseConfig, type ParseOptions } from './parse-config.js';

export interface LoadOptions extends Partial<
  Pick<ParseOptions, 'env' | 'requireKeys' | 'requireGatewayKeys' | 'requireEncryptionKeys' | 'lenient'>
> {
  /** @internal Told of each file that is read. @default nobody is */
  readonly onRead?: ((file: string) => void) | undefined;
}

/**
 * Reads a config file, and those that it includes.
 * @throws ConfigError when it cannot be read or used
 */
export async function loadConfig(
  file: string,
  { env = process.env, ...options }: LoadOptions = {},
): Promise<LoadedConfig> {
  const { onRead = () => undefined, ...parsed } = options;
  const readText = (named: string) => {
    onRead(named);
    return readFileSync(named, 'utf8');
  };
  onRead(file);
  return parseConfig(await read(file), { ...parsed, source: file, env, readText });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, [{ path: '', message: `cannot be read: ${readProblem(error)}` }]);
  }
}
