import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/** What is kept of an exception: what it is, not what it says. */
const KEPT = 'exception.type';

/**
 * Leaves out the texts of errors, which Temporal's interceptors put into spans: a provider may quote the prompt in them. Attempts
 * have the kind of their error, the ledger has the text.
 */
export function withoutTexts(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => exporter.export(spans.map(withoutTextsOf), done),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

function withoutTextsOf(span: ReadableSpan): ReadableSpan {
  const events = span.events.map((event) => ({ ...event, attributes: kept(event.attributes ?? {}) }));
  return Object.create(span, {
    status: { value: { code: span.status.code } },
    events: { value: events },
  }) as ReadableSpan;
}

function kept(attributes: NonNullable<ReadableSpan['events'][number]['attributes']>): typeof attributes {
  return KEPT in attributes ? { [KEPT]: attributes[KEPT] } : {};
}
