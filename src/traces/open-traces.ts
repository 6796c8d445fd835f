import { exporterProtocol } from './exporter-settings.js';
import type { Traces } from './traces.js';

/**
 * The traces of this process; undefined: its environment names no exporter, and nothing of OpenTelemetry is loaded.
 * @param warn - is told when spans cannot be sent
 * @throws TracesError when the environment names what is not served
 */
export async function openTraces(warn: (message: string) => void): Promise<Traces | undefined> {
  const protocol = exporterProtocol(process.env);
  if (protocol === null) return undefined;
  const { OtelTraces } = await import('./otel-traces.js');
  return OtelTraces.open(protocol, warn);
}
