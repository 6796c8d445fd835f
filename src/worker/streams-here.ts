import type { NativeConnection } from '@temporalio/worker';
import { HoldfastClient } from '../client/holdfast-client.js';
import { openStreamsHere } from '../streaming/open-streams.js';
import type { StreamTransport } from '../streaming/stream-transport.js';
import type { PlaceOfWork } from '../temporal/settings.js';

/** The streams of a process with a worker, and with whoever reads along. */
export function streamsHere(connection: NativeConnection, settings: PlaceOfWork): StreamTransport {
  const { namespace, taskQueue, keys, payloadCodecs, externalStorage } = settings;
  const given = { namespace, taskQueue, keys, payloadCodecs, externalStorage, eager: false };
  const looking = HoldfastClient.over(connection, given);
  return openStreamsHere({ ...settings, connection }, (callId) => looking.handle(callId).describe());
}
