import type { WorkflowInterceptors } from '@temporalio/workflow';
import { TRACE_HEADER } from '@temporalio/interceptors-opentelemetry-v2/lib/instrumentation.js';
import {
  OpenTelemetryInboundInterceptor,
  OpenTelemetryInternalsInterceptor,
  OpenTelemetryOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry-v2/lib/workflow/index.js';

/**
 * Temporal's own interceptors, for workflows that were started as part of a trace. Rows of batches are not: the calls of
 * rows, which children start, are told of no trace. By this name the SDK finds it in this file.
 */
export function interceptors(): WorkflowInterceptors {
  const inbound = new OpenTelemetryInboundInterceptor();
  const outbound = new OpenTelemetryOutboundInterceptor();
  let isTraced = false;
  return {
    inbound: [
      {
        execute: (input, next) => {
          isTraced = TRACE_HEADER in input.headers;
          return isTraced ? inbound.execute(input, next) : next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => (isTraced ? outbound.scheduleActivity(input, next) : next(input)),
        scheduleLocalActivity: (input, next) => (isTraced ? outbound.scheduleLocalActivity(input, next) : next(input)),
        continueAsNew: (input, next) => (isTraced ? outbound.continueAsNew(input, next) : next(input)),
      },
    ],
    internals: [new OpenTelemetryInternalsInterceptor()],
  };
}
