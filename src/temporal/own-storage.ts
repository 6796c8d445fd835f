import type { ConnectionLike } from '@temporalio/client';
import type { ExternalPlace } from '../external-storage/external-place.js';
import { locationIn } from '../storage/index.js';
import type { TemporalSettings } from './settings.js';

/**
 * The folder of the external storage that is the namespace's own: namespaces of several servers have the same name, and may
 * have the same storage. What one of them does not know must not be removed by it.
 */
export async function ownStorage(
  { workflowService }: Pick<ConnectionLike, 'workflowService'>,
  { namespace, externalStorage }: Pick<TemporalSettings, 'namespace' | 'externalStorage'>,
): Promise<ExternalPlace | undefined> {
  if (externalStorage === undefined) return undefined;
  const { namespaceInfo } = await workflowService.describeNamespace({ namespace });
  const { location } = externalStorage;
  const id = namespaceInfo?.id ?? '';
  if (id === '' || location.endsWith(`/${id}`)) return externalStorage;
  return { ...externalStorage, location: locationIn(location, id) };
}
