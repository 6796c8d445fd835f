import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { locationIn, openStorage, StorageError } from '../storage/index.js';

/**
 * Writes, reads and removes something, so that a process that cannot reach the storage says so at its start.
 * @throws StorageError
 */
export async function mustReach(place: string, namespace: string): Promise<void> {
  const storage = openStorage();
  const location = locationIn(place, namespace, 'probes', randomUUID());
  await storage.create(location, location);
  const found = await text(await storage.read(location));
  await storage.remove(location);
  if (found === location) return;
  throw new StorageError('unavailable', 'read', location, 'it has something else than was written');
}
