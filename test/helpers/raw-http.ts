import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** What a server sent until it, or the client, closed the connection. */
export interface RawAnswer {
  /** Of the first response; null when there was none. */
  readonly status: number | null;
  readonly text: string;
}

/** A connection on which anything can be sent. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A server that refuses closes while the client still sends.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes as they are, and reads until the server closes the connection. */
export async function sendRaw(url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = await openSocket(url);
  socket.write(bytes);
  return readToEnd(socket);
}

export async function readToEnd(socket: Socket): Promise<RawAnswer> {
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  await once(socket, 'close');
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(text) ?? [];
  return { status: status === undefined ? null : Number(status), text };
}

/** A request as it goes over the wire; the server closes the connection after its answer. */
export function rawRequest(
  path: string,
  { method = 'POST', headers = [], body = '' }: { method?: string; headers?: readonly string[]; body?: string } = {},
): string {
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  return [`${method} ${path} HTTP/1.1`, 'host: localhost', 'connection: close', ...length, ...headers, '', body].join(
    '\r\n',
  );
}
