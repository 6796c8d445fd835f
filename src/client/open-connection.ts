import { connectToTemporal, type TemporalConnection } from '../temporal/connect.js';
import { explainTemporalError } from '../temporal/errors.js';
import { ownStorage } from '../temporal/own-storage.js';
import { placeOf, temporalSettings, type TemporalOptions, type TemporalSettings } from '../temporal/settings.js';

/** A connection of a client's own, and what is used over it. */
interface OpenConnection extends TemporalConnection {
  readonly settings: TemporalSettings;
}

/** @throws TemporalUnavailableError when no server answers or the credentials are refused */
export async function openConnection(options: TemporalOptions): Promise<OpenConnection> {
  const settings = temporalSettings(options);
  try {
    const opened = await connectToTemporal(settings);
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
