import { createServer, type RequestListener } from 'node:http';
import { listen, type Listening } from '../listen.js';
import type { ProcessMetrics } from './process-metrics.js';

interface MetricsServerOptions {
  readonly metrics: Pick<ProcessMetrics, 'contentType' | 'text'>;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
}

/**
 * Serves the metrics of a process that has no gateway, and that it is alive: `GET /metrics`, `GET /health/liveness`.
 * @throws Error when it cannot listen there
 */
export async function serveMetrics({ metrics, host, port }: MetricsServerOptions): Promise<Listening> {
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
  const failure = ({ message }: Error) => new Error(`metrics cannot be served at ${host}:${port}: ${message}`);
  return listen(createServer(answer), { host, port }, failure);
}
