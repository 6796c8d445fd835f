import { createPrivateKey, X509Certificate } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type Server } from 'node:tls';
import type { Logger } from 'pino';
import { CertificateTerm, type Term, type TermDeps } from './certificate-term.js';
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

export interface ReadTls {
  readonly context: TlsContext;
  readonly term: Term;
}

/** Files are looked at so often. */
const LOOK_MS = 1000;

/** @throws GatewayError when a file cannot be read, or the two do not belong together */
export async function readTls({ cert, key }: TlsFiles): Promise<ReadTls> {
  const context = { cert: await read('--tls-cert', cert), key: await read('--tls-key', key) };
  try {
    const certificate = new X509Certificate(context.cert);
    // OpenSSL compares only keys of one kind.
    const isOwn = certificate.checkPrivateKey(createPrivateKey(context.key));
    if (!isOwn) throw new Error('the key is of another certificate');
    createSecureContext(context);
    const { validFromDate, validToDate } = certificate;
    return { context, term: { fromMs: validFromDate.getTime(), toMs: validToDate.getTime() } };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new GatewayError(`--tls-cert ${cert} and --tls-key ${key} are no certificate with its key, as PEM: ${why}`);
  }
}

/**
 * Serves new connections with what is in the files when they change, as after a renewal. Where that cannot be used, it says
 * so and goes on with what it has. Returns what ends this.
 * @param first - what is served at first
 */
export function followTls(
  files: TlsFiles,
  first: ReadTls,
  server: Pick<Server, 'setSecureContext'>,
  deps: TermDeps & { readonly log: Logger },
): () => void {
  const { log } = deps;
  const terms = new CertificateTerm(deps, files.cert, first.term);
  let served = first.context;
  const reload = () => {
    readTls(files).then(
      ({ context, term }) => {
        // Both files change, and each is heard of.
        if (context.cert.equals(served.cert) && context.key.equals(served.key)) return;
        served = context;
        server.setSecureContext(context);
        log.info({ cert: files.cert }, 'the certificate was read again');
        terms.is(term);
      },
      (error: unknown) => log.warn({ error }, 'the certificate has changed and cannot be used: the old one stays'),
    );
  };
  const all = [files.cert, files.key];
  for (const file of all) watchFile(file, { interval: LOOK_MS, persistent: false }, reload);
  return () => {
    terms.end();
    all.forEach((file) => unwatchFile(file, reload));
  };
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
