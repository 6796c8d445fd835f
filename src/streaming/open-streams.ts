import { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { abortable } from '../temporal/abortable.js';
import { dataConverter, type Chain } from '../temporal/data-converter.js';
import { LocalStreams } from './local-streams.js';
import { NearestStreams, type DescribeCall } from './nearest-streams.js';
import type { StreamTransport } from './stream-transport.js';
import { WorkflowStreams } from './workflow-streams.js';

interface StreamConnection extends Chain {
  readonly connection: NativeConnection;
}

/** The streams of a process with a worker or a gateway. */
export function openStreams({ connection, ...chain }: StreamConnection): StreamTransport {
  const client = new Client({
    connection: abortable(connection),
    namespace: chain.namespace,
    dataConverter: dataConverter(chain),
  });
  return new WorkflowStreams(client);
}

/** The streams of a process with both. */
export function openStreamsHere(connection: StreamConnection, describe: DescribeCall): StreamTransport {
  return new NearestStreams(new LocalStreams(), openStreams(connection), describe);
}
