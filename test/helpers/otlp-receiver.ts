import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { openTraces } from '../../src/traces/open-traces.js';
import type { Traces } from '../../src/traces/traces.js';
import { waitFor } from './wait-for.js';

/** A span as OTLP has it. */
export interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly isError: boolean;
  /** Of what sent it. */
  readonly service: unknown;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  /** The variables that have a process send its spans here. */
  readonly env: Record<string, string>;
  /** Everything that came, as it came. */
  received(): string;
  /** Spans so far, in the order in which they came. */
  spans(): Span[];
  /** Waits for a span; the last one, where there are several. */
  span(name: string | RegExp, count?: number): Promise<Span>;
  close(): Promise<void>;
}

interface OtlpJson {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

interface OtlpSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status?: { code?: number };
  attributes: OtlpAttribute[];
}

interface OtlpAttribute {
  key: string;
  value: Record<string, unknown>;
}

/** A collector that takes OTLP as JSON over HTTP. */
export async function openOtlpReceiver(): Promise<OtlpReceiver> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(body);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const spans = () => bodies.flatMap((body) => spansOf(JSON.parse(body) as OtlpJson));
  return {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
    received: () => bodies.join('\n'),
    spans,
    span: async (name, count = 1) => {
      const isIt = (span: Span) => (typeof name === 'string' ? span.name === name : name.test(span.name));
      const found = await waitFor(
        () => {
          const all = spans().filter(isIt);
          return all.length >= count ? all : null;
        },
        { what: `${count} span(s) ${String(name)}` },
      );
      return found.at(-1) as Span;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Traces of this process that go to a receiver. Both end with the test; close what makes spans before. */
export async function tracesTo({ env }: Pick<OtlpReceiver, 'env'>): Promise<Traces> {
  const before = { ...process.env };
  try {
    Object.assign(process.env, env);
    const traces = await openTraces((message) => {
      throw new Error(message);
    });
    if (traces === undefined) throw new Error('the environment asks for traces');
    onTestFinished(() => traces.close());
    return traces;
  } finally {
    for (const name of Object.keys(env)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

function spansOf({ resourceSpans }: OtlpJson): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = attributesOf(resource.attributes)['service.name'];
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId = '', status, attributes }) => {
        const isError = status?.code === 2;
        return { name, traceId, spanId, parentSpanId, isError, service, attributes: attributesOf(attributes) };
      }),
    );
  });
}

function attributesOf(attributes: readonly OtlpAttribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
