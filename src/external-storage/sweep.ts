import { buffer } from 'node:stream/consumers';
import type { Clock } from '../clock.js';
import { locationIn, type Storage } from '../storage/index.js';
import { dayOf, folderOfPiece } from './payload-folder.js';
import { headIn } from './stored-piece.js';

export interface SweepDeps {
  readonly storage: Pick<Storage, 'create' | 'list' | 'read' | 'remove'>;
  readonly place: string;
  readonly namespace: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Whether any history may have a reference to what a workflow stored. */
  readonly isNeeded: (workflowId: string) => Promise<boolean>;
}

export interface Swept {
  /** Folders, each of what a workflow stored on a day. */
  readonly removed: number;
  readonly kept: number;
}

const DAY_MS = 24 * 3_600_000;

/**
 * A folder is looked at when nobody writes to it any more: its day is over, on the slowest clock, and whoever stored something
 * before he started a workflow with it has started that.
 */
const QUIET_DAYS = 2;

/** What stands before a piece is not longer. */
const MAX_HEAD_BYTES = 8 * 1024;

/** The folder of what sweeps leave word of. */
const SWEEPS = 'sweeps';

/**
 * Removes what no history needs any more; of several who ask on a day, one does it.
 * @returns null where somebody else does it today, or has done
 * @throws StorageError
 */
export async function sweep({ storage, place, namespace, clock, isNeeded }: SweepDeps): Promise<Swept | null> {
  const root = locationIn(place, namespace);
  const today = dayOf(clock.now());
  if (!(await storage.create(locationIn(root, SWEEPS, today), ''))) return null;
  const quiet = dayOf(clock.now() - QUIET_DAYS * DAY_MS);
  for await (const mark of storage.list(locationIn(root, SWEEPS))) {
    if (mark.slice(-today.length) < quiet) await storage.remove(mark);
  }
  let [removed, kept, last] = [0, 0, ''];
  for await (const piece of storage.list(root)) {
    const found = folderOfPiece(piece);
    if (found === null || found.day >= quiet || found.folder === last) continue;
    const { folder } = found;
    last = folder;
    const head = headIn(await buffer(await storage.read(piece, { start: 0, end: MAX_HEAD_BYTES })));
    // Who wrote what cannot be read is not known, and whether it is needed neither.
    if (head === null || (await isNeeded(head.workflowId))) {
      kept += 1;
    } else {
      await storage.remove(folder);
      removed += 1;
    }
  }
  return { removed, kept };
}
