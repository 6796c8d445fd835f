import type { Clock } from '../../clock.js';
import { locationIn, type Storage } from '../../storage/index.js';
import type { Caller } from '../callers.js';
import { Refusal } from '../refusal.js';

/** Where a gateway keeps files and batches. Workers read and write there, too. */
export interface FilesPlace {
  readonly storage: Storage;
  readonly clock: Clock;
  /** A folder: `file:///…` or `s3://…`. */
  readonly root: string;
  /** How large a file may be. */
  readonly maxBytes: number;
}

/** As large as OpenAI's may be. */
export const DEFAULT_MAX_FILE_BYTES = 512 * 1024 * 1024;

/** @throws Refusal when the gateway was not told where files are kept */
export function placeOf({ files }: { readonly files: FilesPlace | null }): FilesPlace {
  if (files !== null) return files;
  throw new Refusal({
    kind: 'ConfigError',
    status: 501,
    message: 'files and batches are not served here: start the gateway with --files FOLDER, or s3://BUCKET/FOLDER',
  });
}

/** What is where of a caller. Callers cannot meet: each has a folder of its own. */
export function placesOf(root: string, { id }: Caller) {
  // An id may be "..": it must not stand alone.
  const own = `key-${id}`;
  return {
    files: locationIn(root, own, 'files'),
    content: (fileId: string) => locationIn(root, own, 'contents', fileId),
    batches: locationIn(root, own, 'batches'),
    /** When batches were made whose ids are made of an Idempotency-Key. */
    keyed: locationIn(root, own, 'keyed'),
    /** The batches that a file is the input of. */
    uses: (fileId: string) => locationIn(root, own, 'uses', fileId),
    output: (batchId: string) => locationIn(root, own, 'outputs', batchId),
  };
}
