import type { Connection } from '@temporalio/client';
import { connectToTemporal, type TemporalConnection } from '../temporal/connect.js';
import { explainTemporalError } from '../temporal/errors.js';
import { ownStorage } from '../temporal/own-storage.js';
import { placeOf, temporalSettings, type TemporalOptions, type TemporalSettings } from '../temporal/settings.js';

interface OpenOptions extends TemporalOptions {
  /** Somebody else's, who closes it. @default one of the client's own */
  readonly connection?: Connection | undefined;
}

/** A connection, and what is used over it. */
interface OpenConnection extends TemporalConnection {
  readonly settings: TemporalSettings;
}

/** @throws TemporalUnavailableError when no server answers or the credentials are refused */
export async function openConnection({ connection, ...options }: OpenOptions): Promise<OpenConnection> {
  const address = connection?.options.address ?? options.address;
  const settings = temporalSettings({ ...options, address });
  try {
    const opened =
      connection === undefined ? await connectToTemporal(settings) : { connection, close: async () => undefined };
    try {
      const externalStorage = await ownStorage(opened.connection, settings);
      return { ...opened, settings: { ...settings, externalStorage } };
    } catch (error) {
      await opened.close();
      throw error;
    }
  } catch (error) {
    throw explainTemporalError(error, placeOf(settings));
  }
}
