import { readFile } from 'node:fs/promises';
import { ConfigError } from './config-error.js';
import type { LoadedConfig } from './loaded-config.js';
import { parseConfig, type ParseOptions } from './parse-config.js';

export type LoadOptions = Partial<Pick<ParseOptions, 'env' | 'requireKeys'>>;

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'a directory, not a file',
};

/**
 * Reads a config file.
 * @throws ConfigError when it cannot be read or used
 */
export async function loadConfig(
  file: string,
  { env = process.env, requireKeys }: LoadOptions = {},
): Promise<LoadedConfig> {
  return parseConfig(await read(file), { source: file, env, requireKeys });
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new ConfigError(file, [{ path: '', message: `cannot be read: ${READ_PROBLEMS[code] ?? code}` }]);
  }
}
