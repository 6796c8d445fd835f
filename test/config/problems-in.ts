import { ConfigError } from '../../src/config/index.js';

/** What a config that cannot be used says of itself; empty: it can be used. */
export function problemsIn(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}
