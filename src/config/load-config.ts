import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError } from './findings/config-error.js';
import { readProblem } from './sections/include.js';
import type { LoadedConfig } from './schema/loaded-config.js';
import { parseConfig, type ParseOptions } from './parse-config.js';

export type LoadOptions = Partial<
  Pick<ParseOptions, 'env' | 'requireKeys' | 'requireGatewayKeys' | 'requireEncryptionKeys' | 'lenient'>
>;

/**
 * Reads a config file, and those that it includes.
 * @throws ConfigError when it cannot be read or used
 */
export async function loadConfig(
  file: string,
  { env = process.env, ...options }: LoadOptions = {},
): Promise<LoadedConfig> {
  const readText = (named: string) => readFileSync(named, 'utf8');
  return parseConfig(await read(file), { ...options, source: file, env, readText });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(file, [{ path: '', message: `cannot be read: ${readProblem(error)}` }]);
  }
}
