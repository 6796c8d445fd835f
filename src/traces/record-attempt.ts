import { SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { attemptSpan, type EndedAttempt } from './attempt-span.js';

/** The span of an attempt that has ended, where its call is part of a trace. */
export function recordAttempt(tracer: Tracer, ended: EndedAttempt): void {
  if (trace.getActiveSpan() === undefined) return;
  const { name, startMs, endMs, attributes, isError } = attemptSpan(ended);
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime: startMs, attributes });
  if (isError) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endMs);
}

/** Spans go where the process has its own go. */
export function recordInProcess(ended: EndedAttempt): void {
  recordAttempt(trace.getTracer('holdfast'), ended);
}
