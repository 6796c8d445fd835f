import { homedir } from 'node:os';
import { join } from 'node:path';

/** Holdfast's cache of the user, outside any clone: for what runs before TypeScript can. A test holds it equal to `src/dev-server`. */
export function cacheDirectory(env = process.env, platform = process.platform) {
  if (env.HOLDFAST_CACHE_DIR) return env.HOLDFAST_CACHE_DIR;
  const home = env.HOME ?? homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'holdfast');
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'holdfast', 'Cache');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'holdfast');
}
