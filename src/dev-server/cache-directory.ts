import { homedir } from 'node:os';
import { join } from 'node:path';

/** The Temporal CLI's release that Holdfast builds, downloads and is tested with. */
export const CLI_VERSION = '1.5.1';

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

/** Where the cached Temporal CLI lies, whether it is there or not. */
export function cachedCliPath(env: NodeJS.ProcessEnv): string {
  return join(cacheDirectory(env), 'temporal', `cli-${CLI_VERSION}`, executableName('temporal'));
}
