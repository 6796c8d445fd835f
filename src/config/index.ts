export { checkCall } from '../requests/check-call.js';
export { ConfigError, type Finding, type Note } from './findings/config-error.js';
export type { HonouredKey } from './findings/findings.js';
export { apiKeyId } from './schema/gateway-schema.js';
export { followConfig, type ReadAgain } from './follow-config.js';
export { liveConfig, madeOf } from './live-config.js';
export { loadConfig, type LoadOptions } from './load-config.js';
export { mustBeLoaded } from './must-be-loaded.js';
export { namesThereAre } from './names-there-are.js';
export { PLACEHOLDER_KEY } from './deployments/endpoint.js';
export { ownName } from './deployments/model-provider.js';
export type {
  CallbackModule,
  ConfiguredKey,
  ConfiguredWebhook,
  Connection,
  GatewayKey,
  GatewaySettings,
  LoadedConfig,
  SignIn,
} from './schema/loaded-config.js';
export { parseConfig } from './parse-config.js';
export { sha256 } from './settings/read-gateway.js';
export { parseRequest } from '../requests/request-schema.js';
