import { shownLocation, StorageError, type Storage } from '../storage/index.js';
import { inFolder, outputFiles } from './folder.js';
import { InputError } from './input-errors.js';
import { readText } from './read-bytes.js';

/** `batch.json`. */
interface Claim {
  readonly batchId: string;
}

export interface ClaimOptions {
  readonly storage: Storage;
  /** The batch's own folder. */
  readonly folder: string;
  /** The folder of the output. */
  readonly out: string;
  readonly batchId: string;
}

/**
 * Makes a folder that of a batch, for good. One that has it already goes on.
 * @throws InputError when another batch has it, or there are files in it that no batch made and the output would replace
 * @throws StorageError
 */
export async function claimFolder({ storage, folder, out, batchId }: ClaimOptions): Promise<void> {
  let owner = await ownerOf(storage, folder);
  if (owner === null) {
    await refuseForeignFiles(storage, folder, out);
    const claim: Claim = { batchId };
    if (await storage.create(inFolder.claim(folder), `${JSON.stringify(claim)}\n`)) return;
    owner = await ownerOf(storage, folder);
  }
  if (owner === batchId) return;
  throw new InputError(
    out,
    `this folder is that of batch ${owner}: give the new one a folder of its own, or go on with ${owner} by its id`,
  );
}

/**
 * The id of the batch that a folder belongs to; null: none has taken it.
 * @throws StorageError
 */
export async function ownerOf(storage: Storage, folder: string): Promise<string | null> {
  const location = inFolder.claim(folder);
  const text = await readText(storage, location);
  if (text === null) return null;
  try {
    return (JSON.parse(text) as Claim).batchId;
  } catch (error) {
    throw new StorageError('unavailable', 'read', location, error);
  }
}

/** A folder that has something of a batch has its output, too. */
async function refuseForeignFiles(storage: Storage, folder: string, out: string): Promise<void> {
  if (!(await isEmpty(storage, folder))) return;
  for (const location of outputFiles(out)) {
    if ((await storage.size(location)) === null) continue;
    const name = shownLocation(location);
    throw new InputError(
      out,
      `no batch made ${name}, and the output would replace it: move it away, or name another folder`,
    );
  }
}

/** Whether there is nothing in a folder, at any depth. */
export async function isEmpty(storage: Storage, folder: string): Promise<boolean> {
  const first = await storage.list(folder)[Symbol.asyncIterator]().next();
  return first.done === true;
}
