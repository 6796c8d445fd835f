export { checkCall } from './check-call.js';
export { ConfigError, type Finding, type Note } from './config-error.js';
export type { HonouredKey } from './findings.js';
export { apiKeyId } from './gateway-schema.js';
export { loadConfig, type LoadOptions } from './load-config.js';
export type { CallbackModule, Connection, GatewayKey, GatewaySettings, LoadedConfig } from './loaded-config.js';
export { parseConfig } from './parse-config.js';
export { sha256 } from './read-gateway.js';
export { parseRequest } from './request-schema.js';
