import { describe, expect, test } from 'vitest';
import { exporterProtocol } from '../../src/traces/exporter-settings.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };

describe('how spans are sent', () => {
  test.each([
    ['nothing is said: not at all', {}, null],
    ['an address for everything', ENDPOINT, 'http/protobuf'],
    [
      'an address for traces',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://localhost:4318/v1/traces' },
      'http/protobuf',
    ],
    ['an exporter without an address', { OTEL_TRACES_EXPORTER: 'otlp' }, 'http/protobuf'],
    ['an address, and no traces', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, null],
    ['an address that is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }, null],
    ['everything of OpenTelemetry is off', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }, null],
    ['a protocol', { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc'],
    [
      'a protocol of traces wins',
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
      'http/json',
    ],
    ['a protocol alone asks for nothing', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, null],
  ])('%s', (_, env, protocol) => {
    expect(exporterProtocol(env)).toBe(protocol);
  });

  test.each([
    [{ OTEL_TRACES_EXPORTER: 'zipkin' }, 'OTEL_TRACES_EXPORTER: expected otlp or none, got "zipkin"'],
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'thrift' },
      'OTEL_EXPORTER_OTLP_PROTOCOL: expected http/protobuf or http/json or grpc, got "thrift"',
    ],
  ])('what is not served is an error: %j', (env, message) => {
    expect(() => exporterProtocol(env)).toThrow(message);
  });
});
