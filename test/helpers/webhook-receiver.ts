import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A message as it came. */
export interface ReceivedWebhook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Receives webhooks. It answers with these statuses one after the other, or cuts the connection, then with 204. */
export async function openReceiver(statuses: readonly (number | 'cut')[] = []) {
  const received: ReceivedWebhook[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const { type, data } = JSON.parse(body) as Pick<ReceivedWebhook, 'type' | 'data'>;
      const status = statuses[received.length] ?? 204;
      received.push({ path: request.url ?? '', headers: request.headers, body, type, data });
      if (status === 'cut') request.socket.destroy();
      else response.writeHead(status, status === 307 ? { location: '/elsewhere' } : {}).end();
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    /** What came of a call or a batch. */
    of: (id: string) => received.filter(({ data }) => data['callId'] === id || data['batchId'] === id),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
