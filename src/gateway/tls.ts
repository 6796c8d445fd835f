import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type Server } from 'node:tls';
import type { Logger } from 'pino';
import { GatewayError } from './gateway-error.js';

/** PEM files: the certificate with its chain, and its private key. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface TlsContext {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Files are looked at so often. */
const LOOK_MS = 1000;

/** @throws GatewayError when a file cannot be read, or the two do not belong together */
export async function readTls({ cert, key }: TlsFiles): Promise<TlsContext> {
  const context = { cert: await read('--tls-cert', cert), key: await read('--tls-key', key) };
  try {
    createSecureContext(context);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError(`--tls-cert ${cert} and --tls-key ${key} are no certificate with its key, as PEM: ${why}`);
  }
  return context;
}

/**
 * Serves new connections with what is in the files when they change, as after a renewal. Where that cannot be used, it says
 * so and goes on with what it has. Returns what ends this.
 */
export function followTls(files: TlsFiles, server: Pick<Server, 'setSecureContext'>, log: Logger): () => void {
  const reload = () => {
    readTls(files).then(
      (context) => {
        server.setSecureContext(context);
        log.info({ cert: files.cert }, 'the certificate was read again');
      },
      (error: unknown) => log.warn({ error }, 'the certificate has changed and cannot be used: the old one stays'),
    );
  };
  const all = [files.cert, files.key];
  for (const file of all) watchFile(file, { interval: LOOK_MS, persistent: false }, reload);
  return () => all.forEach((file) => unwatchFile(file, reload));
}

async function read(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new GatewayError(
      `${option} ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
