import { oneAfterTheOther } from '../../src/cli/running.js';
import type { Service, ServiceOptions } from '../../src/cli/start-service.js';
import { HoldfastClient } from '../../src/client.js';
import { startGateway } from '../../src/gateway/start-gateway.js';
import { openStreams } from '../../src/streaming/open-streams.js';
import type { StreamTransport } from '../../src/streaming/stream-transport.js';
import { connectNatively } from '../../src/temporal/connect-natively.js';
import { temporalSettings } from '../../src/temporal/settings.js';
import { startWorker } from '../../src/worker.js';

type OpenReading = (way: Parameters<typeof openStreams>[0], client: HoldfastClient) => Pick<StreamTransport, 'read'>;

/**
 * A gateway without a worker, as `holdfast gateway` is.
 * @param read - what it reads streams from. @default the workflows of the calls
 */
export async function startGatewayAlone(options: ServiceOptions, read: OpenReading = openStreams): Promise<Service> {
  const settings = temporalSettings(options);
  const connection = await connectNatively(settings);
  const client = HoldfastClient.over(connection, { ...options, interceptors: undefined, eager: false });
  const streams = read({ connection, namespace: settings.namespace }, client);
  const gateway = await startGateway({ ...options, client, streams });
  const runToEnd = async () => {
    try {
      await gateway.stopped;
    } finally {
      await connection.close();
    }
  };
  return { ...gateway, stopped: runToEnd() };
}

/** A gateway and a worker that share nothing but the server, as `holdfast gateway` and `holdfast worker` do. */
export async function startApart(options: ServiceOptions, read?: OpenReading): Promise<Service> {
  const worker = await startWorker(options);
  const gateway = await startGatewayAlone(options, read);
  return { ...oneAfterTheOther(gateway, worker), url: gateway.url };
}
