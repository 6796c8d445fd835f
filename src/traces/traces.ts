import type { IncomingHttpHeaders } from 'node:http';
import type { ClientInterceptors } from '@temporalio/client';
import type { Headers } from '@temporalio/common';
import type { WorkerOptions } from '@temporalio/worker';
import type { EndedAttempt } from './attempt-span.js';

/** The span of a request to the gateway. */
export interface RequestSpan {
  /** Runs something within the span: what it starts belongs to the trace. */
  run<T>(work: () => T): T;
  end(request: { readonly route: string; readonly status: number; readonly callId: string | undefined }): void;
}

/** The traces of a process: there are none unless the environment names an exporter. */
export interface Traces {
  /** For clients of Temporal: what they start goes on with the trace in which it is started. */
  readonly clientInterceptors: ClientInterceptors;
  /** For workers that have the workflows' bundle for traces. */
  readonly workerOptions: Pick<WorkerOptions, 'interceptors' | 'sinks'>;
  /** A request begins; it is part of its caller's trace where it has a `traceparent`. */
  request(method: string, headers: IncomingHttpHeaders): RequestSpan;
  /** An attempt has ended. It has a span where its call is part of a trace. */
  attempt(ended: EndedAttempt): void;
  /** What an activity is told that is scheduled here by hand. */
  headers(): Headers;
  /** Sends what is left, as far as that takes no more than a moment. */
  close(): Promise<void>;
}
