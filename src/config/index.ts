export { ConfigError, type Finding } from './config-error.js';
export { loadConfig } from './load-config.js';
export type { Connection, LoadedConfig } from './loaded-config.js';
export { parseConfig } from './parse-config.js';
export { parseRequest } from './request-schema.js';
