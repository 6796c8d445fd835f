import type { ConnectionLike } from '@temporalio/client';
import type { ExternalPlace } from '../external-storage/external-place.js';
import { storageNotices } from '../external-storage/storage-notices.js';
import { locationIn, shownLocation } from '../storage/index.js';
import type { TemporalSettings } from './settings.js';

/**
 * The folder of the external storage that is the namespace's own: namespaces of several servers have the same name, and may
 * have the same storage. What one of them does not know must not be removed by it.
 * @param warn - is told once that the storage is away, and once that it is back. @default nobody is
 */
export async function ownStorage(
  { workflowService }: Pick<ConnectionLike, 'workflowService'>,
  { namespace, externalStorage }: Pick<TemporalSettings, 'namespace' | 'externalStorage'>,
  warn?: (message: string) => void,
): Promise<ExternalPlace | undefined> {
  if (externalStorage === undefined) return undefined;
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace });
  const { location: given, notices } = externalStorage;
  const id = namespaceInfo?.id ?? '';
  const location = id === '' || given.endsWith(`/${id}`) ? given : locationIn(given, id);
  return { ...externalStorage, location, notices: notices ?? (warn && storageNotices(shownLocation(given), warn)) };
}
