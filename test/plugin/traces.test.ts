import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultResource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { OpenTelemetryPlugin } from '@temporalio/interceptors-opentelemetry-v2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../helpers/wait-for.js';
import { ask } from './failed-calls.js';
import { openOwnWorker, type OwnWorker } from './own-worker.js';

const exporter = new InMemorySpanExporter();
let own: OwnWorker;

/** A process with OpenTelemetry of its own, and Temporal's plugin for it. */
beforeAll(async () => {
  const resource = defaultResource();
  const spanProcessor = new SimpleSpanProcessor(exporter);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ resource, spanProcessors: [spanProcessor] }));
  own = await openOwnWorker([new OpenTelemetryPlugin({ resource, spanProcessor })]);
});
afterAll(async () => {
  await own.close();
  for (const api of [trace, propagation, context]) api.disable();
});

/** The names of a span and of those that it is part of. */
function path(span: ReadableSpan): string[] {
  const parent = exporter
    .getFinishedSpans()
    .find((each) => each.spanContext().spanId === span.parentSpanContext?.spanId);
  return [...(parent === undefined ? [] : path(parent)), span.name];
}

const FROM_ITS_ACTIVITY = ['StartActivity:callModelGroup', 'RunActivity:callModelGroup', 'chat flaky-up'];

test.each([
  ['as activities', { runAs: 'activities' }, FROM_ITS_ACTIVITY],
  ['as a child workflow', {}, ['StartChildWorkflow:llmCall', 'RunWorkflow:llmCall', ...FROM_ITS_ACTIVITY]],
])('attempts are part of the trace of a workflow that makes its call %s', async (_what, options, way) => {
  exporter.reset();
  const workflow = await own.start('together', [ask('flaky')], options);
  await workflow.result();
  const spans = () => exporter.getFinishedSpans();
  await waitFor(() => spans().some(({ name }) => name === 'RunWorkflow:together'));
  const [attempt] = spans()
    .filter(({ name }) => name === 'chat flaky-up')
    .slice(-1);
  expect(attempt && path(attempt)).toEqual(['StartWorkflow:together', 'RunWorkflow:together', ...way]);
  expect(attempt?.attributes).toMatchObject({ 'holdfast.group': 'flaky', 'holdfast.outcome': 'answered' });
});
