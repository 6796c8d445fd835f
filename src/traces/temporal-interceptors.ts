import type { ClientInterceptors } from '@temporalio/client';
import {
  OpenTelemetryWorkflowClientInterceptor,
  type InterceptorOptions,
} from '@temporalio/interceptors-opentelemetry-v2/lib/client/index.js';
import { TRACE_HEADER } from '@temporalio/interceptors-opentelemetry-v2/lib/instrumentation.js';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
} from '@temporalio/interceptors-opentelemetry-v2/lib/worker/index.js';
import type { OpenTelemetrySinks } from '@temporalio/interceptors-opentelemetry-v2/lib/workflow/definitions.js';
import type { InjectedSinks, WorkerInterceptors } from '@temporalio/worker';
import type { Resource } from '@opentelemetry/resources';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Those of Temporal, as far as they follow calls and batches: the many signals, queries and updates have no spans. */
export function clientInterceptors(options: InterceptorOptions): ClientInterceptors {
  const traced = new OpenTelemetryWorkflowClientInterceptor(options);
  return { workflow: [{ startWithDetails: (input, next) => traced.startWithDetails(input, next) }] };
}

/** An activity has a span where its workflow is part of a trace. */
export function workerInterceptors(options: InterceptorOptions): WorkerInterceptors {
  return {
    activity: [
      (context) => {
        const traced = new OpenTelemetryActivityInboundInterceptor(context, options);
        return {
          inbound: {
            execute: (input, next) => (TRACE_HEADER in input.headers ? traced.execute(input, next) : next(input)),
          },
        };
      },
    ],
  };
}

/** Takes over the spans of workflows. Of what the SDK knows of a workflow they tell which it is; memos are not for traces. */
export function workflowSinks(processor: SpanProcessor, resource: Resource): InjectedSinks<OpenTelemetrySinks> {
  const { export: all } = makeWorkflowExporter(processor, resource);
  return {
    exporter: {
      export: {
        ...all,
        fn: ({ workflowId, runId, workflowType, taskQueue }, spans) =>
          all.fn({ workflowId, runId, workflowType, taskQueue } as Parameters<typeof all.fn>[0], spans),
      },
    },
  };
}
