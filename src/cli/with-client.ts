import { HoldfastClient } from '../client/holdfast-client.js';
import type { TemporalOptions } from '../temporal/settings.js';

/** Connects, does one thing, and closes the connection, so that the program can end. */
export async function withClient<T>(options: TemporalOptions, use: (client: HoldfastClient) => Promise<T>): Promise<T> {
  const client = await HoldfastClient.connect(options);
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
