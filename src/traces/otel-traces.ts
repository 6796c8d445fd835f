import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import {
  context,
  defaultTextMapGetter,
  diag,
  DiagLogLevel,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { headersWithContext } from '@temporalio/interceptors-opentelemetry-v2/lib/instrumentation.js';
import type { Headers } from '@temporalio/common';
import { settlesWithin, systemClock } from '../clock.js';
import { redactedMessage } from '../core/common/redact.js';
import type { EndedAttempt } from './attempt-span.js';
import { EXPORTERS } from './exporters.js';
import { recordAttempt } from './record-attempt.js';
import { ATTRIBUTE } from './span-names.js';
import { clientInterceptors, workerInterceptors, workflowSinks } from './temporal-interceptors.js';
import type { RequestSpan, Traces } from './traces.js';
import { withoutTexts } from './without-texts.js';

/** Unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise. */
const SERVICE = 'holdfast';

/** A process that stops waits so long for a collector. */
const CLOSE_MS = 2_000;

/** Traces by OpenTelemetry: it reads its own variables for sampling, limits and where spans go. */
export class OtelTraces implements Traces {
  readonly clientInterceptors: Traces['clientInterceptors'];
  readonly workerOptions: Traces['workerOptions'];
  readonly #provider: BasicTracerProvider;
  readonly #tracer: Tracer;

  private constructor(provider: BasicTracerProvider, worker: Pick<Traces['workerOptions'], 'sinks'>) {
    const tracer = provider.getTracer(SERVICE);
    this.#provider = provider;
    this.#tracer = tracer;
    this.clientInterceptors = clientInterceptors({ tracer });
    this.workerOptions = { ...worker, interceptors: workerInterceptors({ tracer }) };
  }

  /** Once at a time in a process: what is under way finds its trace by the process's own context. */
  static async open(protocol: keyof typeof EXPORTERS, warn: (message: string) => void): Promise<OtelTraces> {
    warnOnce(warn);
    const processor = new BatchSpanProcessor(withoutTexts(await EXPORTERS[protocol]()));
    const resource = defaultResource()
      .merge(resourceFromAttributes({ 'service.name': SERVICE, 'service.instance.id': randomUUID() }))
      .merge(detectResources({ detectors: [envDetector] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] });
    return new OtelTraces(provider, { sinks: workflowSinks(processor, resource) });
  }

  request(method: string, headers: IncomingHttpHeaders): RequestSpan {
    const caller = propagation.extract(context.active(), headers, defaultTextMapGetter);
    const span = this.#tracer.startSpan(method, { kind: SpanKind.SERVER }, caller);
    return {
      run: (work) => context.with(trace.setSpan(caller, span), work),
      end: ({ route, status, callId }) => {
        span.updateName(`${method} ${route}`);
        span.setAttributes({
          [ATTRIBUTE.method]: method,
          [ATTRIBUTE.route]: route,
          [ATTRIBUTE.status]: status,
          ...(callId !== undefined && { [ATTRIBUTE.call]: callId }),
        });
        if (status >= 500) span.setAttribute(ATTRIBUTE.errorType, String(status));
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  attempt(ended: EndedAttempt): void {
    recordAttempt(this.#tracer, ended);
  }

  headers(): Headers {
    return headersWithContext({});
  }

  async close(): Promise<void> {
    await settlesWithin(systemClock, this.#provider.shutdown(), CLOSE_MS);
    context.disable();
    propagation.disable();
    diag.disable();
  }
}

/** A collector that is away is told of once: spans are then dropped, and calls go on. */
function warnOnce(warn: (message: string) => void): void {
  let isTold = false;
  const tell = (message: string) => {
    if (isTold) return;
    isTold = true;
    warn(redactedMessage(`spans cannot be sent, and are dropped; this is said once: ${message}`));
  };
  const nothing = () => undefined;
  const logger = { error: tell, warn: tell, info: nothing, debug: nothing, verbose: nothing };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
}
