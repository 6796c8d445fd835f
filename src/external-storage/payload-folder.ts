import { createHash } from 'node:crypto';
import { locationIn } from '../storage/index.js';

const DAY = String.raw`\d{4}-\d{2}-\d{2}`;
const PIECE = String.raw`[\da-f]{64}`;

const IS_DAY = new RegExp(`^${DAY}$`);
const IS_PIECE = new RegExp(`^${PIECE}$`);
const FOLDER = new RegExp(`/(${DAY})/[\\da-f]{32}(?=/${PIECE}$)`);

/** A day, as folders are named. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** The folder of what a workflow wrote on a day. Ids may be longer than names of folders, and have any characters. */
export function folderOf(place: string, namespace: string, day: string, workflowId: string): string {
  const name = createHash('sha256').update(workflowId).digest('hex').slice(0, 32);
  return locationIn(place, namespace, day, name);
}

/** Whether these name pieces of a day, and lead nowhere else. */
export function arePieces(day: string, names: readonly string[]): boolean {
  return IS_DAY.test(day) && names.every((name) => IS_PIECE.test(name));
}

/** The folder that a piece lies in, and its day; null: it is none. */
export function folderOfPiece(location: string): { readonly folder: string; readonly day: string } | null {
  const found = FOLDER.exec(location);
  if (found === null) return null;
  const [path, day = ''] = found;
  return { folder: location.slice(0, found.index + path.length), day };
}
