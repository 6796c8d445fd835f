import type { Command } from 'commander';
import type { LoadedConfig } from '../config/index.js';
import { DEFAULT_HOST, DEFAULT_PORT } from '../gateway/start-gateway.js';
import { port } from './option-values.js';

export interface GatewayCliOptions {
  host: string;
  port: number;
  allowAnybody?: true;
}

/** The options of every command whose business is HTTP. */
export function addGatewayOptions(command: Command): Command {
  return command
    .option('--host <address>', 'to listen on', DEFAULT_HOST)
    .option('--port <port>', 'to listen on, 0: a free one', port, DEFAULT_PORT)
    .option('--allow-anybody', 'serve other machines, too, although the config has no keys');
}

/** Whom a gateway serves, for its first line. */
export function whoIsServed({ gateway }: LoadedConfig, { allowAnybody }: GatewayCliOptions): string {
  if (gateway.keys.length > 0) return `whoever has a key (${gateway.keys.map(({ id }) => id).join(', ')})`;
  return allowAnybody === true ? 'ANYBODY, without a key' : 'this machine only, without a key';
}
