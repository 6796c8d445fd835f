import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Temporal CLI's release that Holdfast fetches and is tested with: server 1.32. */
export const CLI_VERSION = '1.9.1';

/** The newest release that Go can build, with a server older than is otherwise accepted: see `buildCli`. */
export const BUILT_CLI_VERSION = '1.5.1';

const PER_PLATFORM: Partial<Record<NodeJS.Platform, (home: string, env: NodeJS.ProcessEnv) => string>> = {
  darwin: (home) => join(home, 'Library', 'Caches', 'holdfast'),
  win32: (home, env) => join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'holdfast', 'Cache'),
};

/** Holdfast's cache of the user, outside any clone. `HOLDFAST_CACHE_DIR` overrides it. */
export function cacheDirectory(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env['HOLDFAST_CACHE_DIR']) return env['HOLDFAST_CACHE_DIR'];
  const home = env['HOME'] ?? homedir();
  const ofPlatform = PER_PLATFORM[platform];
  if (ofPlatform) return ofPlatform(home, env);
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'holdfast');
}

export function executableName(name: string): string {
  return process.platform === 'win32' ? `${name}.exe` : name;
}

/** The folder of all cached Temporal CLIs. */
export function cliCacheDirectory(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), 'temporal');
}

/** Where the cached Temporal CLI of a release lies, whether it is there or not. */
export function cachedCliPath(env: NodeJS.ProcessEnv, version: string = CLI_VERSION): string {
  return join(cliCacheDirectory(env), `cli-${version}`, executableName('temporal'));
}

/** Where the Temporal CLI that Go built lies, whether it is there or not. */
export function builtCliPath(env: NodeJS.ProcessEnv): string {
  return join(cliCacheDirectory(env), `built-${BUILT_CLI_VERSION}`, executableName('temporal'));
}
