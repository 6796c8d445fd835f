export { findTemporalCli } from './find-temporal-cli.js';
export type { FindTemporalCliOptions } from './find-temporal-cli.js';
export { DevServerError } from './server-process.js';
export { startDevServer } from './start-dev-server.js';
export { TemporalNotFoundError } from './temporal-not-found.js';
export type { DevServer, DevServerOptions } from './start-dev-server.js';
