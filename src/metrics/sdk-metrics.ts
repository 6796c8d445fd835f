import type { MetricsExporterConfig } from '@temporalio/worker';
import { freePort, LOOPBACK } from '../dev-server/ports.js';

/** What Temporal's SDK has counted in this process, in the text format of Prometheus. */
export type SdkMetrics = () => Promise<string>;

/** Somebody else may take a free port before the SDK does. */
const MAX_PORTS = 5;

/**
 * Has the SDK count, and serve its metrics on a port of its own that only this machine reaches: it has no other way to
 * give them away. They are read from there, to be served together with others.
 * @param install - installs the SDK's runtime
 */
export async function openSdkMetrics(install: (exporter: MetricsExporterConfig) => void): Promise<SdkMetrics> {
  for (let ports = 1; ; ports++) {
    const bindAddress = `${LOOPBACK}:${await freePort()}`;
    try {
      install({ prometheus: { bindAddress, unitSuffix: true } });
      return async () => (await fetch(`http://${bindAddress}/metrics`)).text();
    } catch (error) {
      if (ports === MAX_PORTS || !String(error).includes('in use')) throw error;
    }
  }
}
