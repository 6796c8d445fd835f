import { NativeConnection } from '@temporalio/worker';
import { explainTemporalError } from './errors.js';
import type { TemporalSettings } from './settings.js';

/** Workers and their server are near each other: packing what is small costs both more than sending it. */
const UNPACKED = { grpcCompression: { codec: 'none' } } as const;

/**
 * Connects to Temporal as workers do. A client on the connection of a worker of the same process hands its calls to
 * that worker without a detour.
 * @throws TemporalUnavailableError when no server answers or the credentials are refused
 */
export async function connectNatively({ connection, namespace }: TemporalSettings): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect({ ...connection, ...UNPACKED });
  } catch (error) {
    throw explainTemporalError(error, { address: connection.address, namespace });
  }
}
