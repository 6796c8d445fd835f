import { buffer } from 'node:stream/consumers';
import type { Clock } from '../clock.js';
import { locationIn, type PayloadStorage } from '../storage/index.js';
import { dayOf, folderOfPiece } from './payload-folder.js';
import { headIn } from './stored-piece.js';

export interface SweepDeps {
  readonly storage: Pick<PayloadStorage, 'create' | 'lastWrittenMs' | 'list' | 'read' | 'remove'>;
  readonly place: string;
  readonly namespace: string;
  readonly clock: Pick<Clock, 'now'>;
  /** Of some workflows those whose payloads any history may have a reference to. */
  readonly neededOf: (workflowIds: ReadonlySet<string>) => Promise<ReadonlySet<string>>;
}

export interface Swept {
  /** Folders, each of what a workflow stored on a day. */
  readonly removed: number;
  readonly kept: number;
}

const DAY_MS = 24 * 3_600_000;

/**
 * A folder is looked at when nobody writes to it any more: its day is over, and whoever stored something before he started a
 * workflow with it has started that. What is there already is not written again on its day, so a day more has to be over.
 */
const QUIET_MS = 2 * DAY_MS;

/** What stands before a piece is not longer. */
const MAX_HEAD_BYTES = 8 * 1024;

/** The folder of what sweeps leave word of. */
const SWEEPS = 'sweeps';

/** So many folders are looked at together: to find out what is needed may take to read histories. */
const FOLDERS_AT_ONCE = 10_000;

/**
 * Removes what no history needs any more; of several who ask on a day, one does it. How long ago something was written is told by the
 * storage's clock alone: that of this machine, or of the one that wrote it, may be wrong by days.
 * @returns null where somebody else does it today, or has done
 * @throws StorageError
 */
export async function sweep({ storage, place, namespace, clock, neededOf }: SweepDeps): Promise<Swept | null> {
  const root = locationIn(place, namespace);
  const today = dayOf(clock.now());
  const own = locationIn(root, SWEEPS, today);
  if (!(await storage.create(own, ''))) return null;
  // It was written just now.
  const quietMs = ((await storage.lastWrittenMs(own)) ?? 0) - QUIET_MS;
  const quiet = dayOf(quietMs);
  for await (const mark of storage.list(locationIn(root, SWEEPS))) {
    if (mark.slice(-today.length) < quiet) await storage.remove(mark);
  }
  let [removed, kept] = [0, 0];
  /** Folders, by whose they are. */
  let folders = new Map<string, string[]>();
  let count = 0;
  const removeGone = async (): Promise<void> => {
    const needed = await neededOf(new Set(folders.keys()));
    for (const [workflowId, its] of folders) {
      if (needed.has(workflowId)) {
        kept += its.length;
        continue;
      }
      for (const folder of its) {
        const isQuiet = ((await storage.lastWrittenMs(folder)) ?? 0) < quietMs;
        if (isQuiet) await storage.remove(folder);
        if (isQuiet) removed += 1;
        else kept += 1;
      }
    }
    folders = new Map();
    count = 0;
  };
  for await (const { folder, workflowId } of foldersBefore(quiet, root, storage)) {
    // Who wrote what cannot be read is not known, and whether it is needed neither.
    if (workflowId === null) {
      kept += 1;
      continue;
    }
    folders.set(workflowId, [...(folders.get(workflowId) ?? []), folder]);
    count += 1;
    if (count === FOLDERS_AT_ONCE) await removeGone();
  }
  if (count > 0) await removeGone();
  return { removed, kept };
}

interface Folder {
  readonly folder: string;
  /** Whose it is; null: nobody can tell. */
  readonly workflowId: string | null;
}

async function* foldersBefore(
  day: string,
  root: string,
  storage: Pick<PayloadStorage, 'list' | 'read'>,
): AsyncGenerator<Folder> {
  let last = '';
  for await (const piece of storage.list(root)) {
    const found = folderOfPiece(piece);
    if (found === null || found.day >= day || found.folder === last) continue;
    const { folder } = found;
    last = folder;
    const head = headIn(await buffer(await storage.read(piece, { start: 0, end: MAX_HEAD_BYTES })));
    yield { folder, workflowId: head?.workflowId ?? null };
  }
}
