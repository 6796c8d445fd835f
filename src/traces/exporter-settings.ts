/** How spans are sent, by OpenTelemetry's names. */
export const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;
type Protocol = (typeof PROTOCOLS)[number];

/** OpenTelemetry's default. */
const DEFAULT_PROTOCOL = 'http/protobuf';

const EXPORTERS = ['otlp', 'none'] as const;

/** The environment names something that is not served here. */
class TracesError extends Error {
  override readonly name = 'TracesError';
}

/**
 * How spans are sent, as OpenTelemetry's variables say; null: nobody asked for traces. Where they are sent to, sampling and
 * limits are read by OpenTelemetry itself.
 * @throws TracesError
 */
export function exporterProtocol(env: NodeJS.ProcessEnv): Protocol | null {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return null;
  const exporter = env['OTEL_TRACES_EXPORTER'];
  const hasEndpoint = Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] || env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
  const wanted = exporter ? oneOf('OTEL_TRACES_EXPORTER', exporter, EXPORTERS) : hasEndpoint ? 'otlp' : 'none';
  if (wanted === 'none') return null;
  const name = env['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL']
    ? 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL'
    : 'OTEL_EXPORTER_OTLP_PROTOCOL';
  return oneOf(name, env[name] || DEFAULT_PROTOCOL, PROTOCOLS);
}

function oneOf<Word extends string>(name: string, given: string, words: readonly Word[]): Word {
  const known = words.find((word) => word === given.trim());
  if (known !== undefined) return known;
  throw new TracesError(`${name}: expected ${words.join(' or ')}, got "${given}"`);
}
