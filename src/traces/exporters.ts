import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import type { PROTOCOLS } from './exporter-settings.js';

/** Only the one that is asked for is loaded. Each reads its own variables: address, headers, time-out, compression. */
export const EXPORTERS = {
  'http/protobuf': async () => new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter(),
  'http/json': async () => new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter(),
  grpc: async () => new (await import('@opentelemetry/exporter-trace-otlp-grpc')).OTLPTraceExporter(),
} satisfies Record<(typeof PROTOCOLS)[number], () => Promise<SpanExporter>>;
