import type { Command } from 'commander';
import type { LoadedConfig } from '../config/index.js';
import { DEFAULT_HOST, DEFAULT_PORT } from '../gateway/start-gateway.js';
import type { TlsFiles } from '../gateway/tls.js';
import { port } from './option-values.js';
import { UsageError } from './usage-error.js';

/** For commands with `--files`. */
export const FILES_HELP =
  'for files and batches of its clients: a folder or s3://…, which workers see under the same name';

export interface GatewayCliOptions {
  host: string;
  port: number;
  allowAnybody?: true;
  files?: string;
  tlsCert?: string;
  tlsKey?: string;
}

/** The options of every command whose business is HTTP. */
export function addGatewayOptions(command: Command): Command {
  return command
    .option('--host <address>', 'to listen on', DEFAULT_HOST)
    .option('--port <port>', 'to listen on, 0: a free one', port, DEFAULT_PORT)
    .option('--files <place>', FILES_HELP)
    .option('--tls-cert <file>', 'serve HTTPS: the certificate with its chain, PEM; read again when it changes')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--allow-anybody', 'serve other machines, too, although the config has no keys');
}

/** The files that the options name; undefined: plain HTTP. */
export function tlsOf({ tlsCert: cert, tlsKey: key }: GatewayCliOptions): TlsFiles | undefined {
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  throw new UsageError('--tls-cert and --tls-key belong together');
}

/** Whom a gateway serves, for its first line. */
export function whoIsServed({ gateway }: LoadedConfig, { allowAnybody }: GatewayCliOptions): string {
  if (gateway.keys.length > 0) return `whoever has a key (${gateway.keys.map(({ id }) => id).join(', ')})`;
  return allowAnybody === true ? 'ANYBODY, without a key' : 'this machine only, without a key';
}
