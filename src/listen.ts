import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { urlHost } from './core/common/url-host.js';

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** `http://127.0.0.1:9464` */
  readonly url: string;
  /** Ends everything at once, also answers under way. */
  close(): Promise<void>;
}

/**
 * Has a server listen.
 * @param port - 0: a free one
 * @param failure - what is thrown where it cannot listen there. @default Node's own error
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  failure: (error: Error) => Error = (error) => error,
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error): void => reject(failure(error));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
  const { port: given } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return { port: given, url: `http://${urlHost(host)}:${given}`, close };
}
