import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { urlHost } from '../core/common/url-host.js';
import type { ProcessMetrics } from './process-metrics.js';

interface MetricsServerOptions {
  readonly metrics: Pick<ProcessMetrics, 'contentType' | 'text'>;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

export interface MetricsServer {
  /** `http://127.0.0.1:9464` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the metrics of a process that has no gateway, and that it is alive: `GET /metrics`, `GET /health/liveness`.
 * @throws Error when it cannot listen there
 */
export async function serveMetrics({ metrics, host, port }: MetricsServerOptions): Promise<MetricsServer> {
  const answer: RequestListener = (request, response) => {
    const path = request.url?.replace(/\?.*$/s, '');
    if (request.method !== 'GET' || (path !== '/metrics' && path !== '/health/liveness')) {
      response.writeHead(404).end('GET /metrics, GET /health/liveness\n');
    } else if (path === '/health/liveness') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"alive"}');
    } else {
      metrics.text().then(
        (text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text),
        () => response.writeHead(500).end('the metrics cannot be read\n'),
      );
    }
  };
  const server = createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`metrics cannot be served at ${host}:${port}: ${error.message}`)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${urlHost(host)}:${address.port}`, close };
}
