import { NativeConnection } from '@temporalio/worker';
import { explainTemporalError } from './errors.js';
import type { TemporalSettings } from './settings.js';

/**
 * Connects to Temporal as workers do. A client on the connection of a worker of the same process hands its calls to
 * that worker without a detour.
 * @throws TemporalUnavailableError when no server answers or the credentials are refused
 */
export async function connectNatively({ connection, namespace }: TemporalSettings): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(connection);
  } catch (error) {
    throw explainTemporalError(error, { address: connection.address, namespace });
  }
}
