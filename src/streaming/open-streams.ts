import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { abortable } from '../temporal/abortable.js';
import { LocalStreams } from './local-streams.js';
import { NearestStreams, type DescribeCall } from './nearest-streams.js';
import type { StreamTransport } from './stream-transport.js';
import { WorkflowStreams } from './workflow-streams.js';

interface StreamConnection {
  readonly connection: NativeConnection;
  readonly namespace: string;
}

/** The streams of a process with a worker or a gateway. */
export function openStreams({ connection, namespace }: StreamConnection): StreamTransport {
  return new WorkflowStreams(new Client({ connection: abortable(connection), namespace }));
}

/** The streams of a process with both. */
export function openStreamsHere(connection: StreamConnection, describe: DescribeCall): StreamTransport {
  return new NearestStreams(new LocalStreams(), openStreams(connection), describe);
}
