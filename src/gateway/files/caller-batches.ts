import { readProblems } from '../../batch/index.js';
import { isCallError } from '../../client/errors.js';
import type { HoldfastClient } from '../../client/holdfast-client.js';
import { batchFolder } from '../../core/batch.js';
import { operationOfUrl } from '../../core/operations.js';
import { shownLocation } from '../../storage/index.js';
import type { Caller } from '../callers.js';
import { Refusal } from '../refusal.js';
import { batchObject, type BatchObject } from './batch-object.js';
import { batchRecord, type BatchRecord } from './batch-record.js';
import { isOver, standingOf, type BatchStanding } from './batch-standing.js';
import { CallerFiles } from './caller-files.js';
import { batchId, isBatchId, newSuffix, outputFileId, parseFileId } from './ids.js';
import { placesOf, type FilesPlace } from './place.js';
import { Records } from './records.js';

/** The batches of a caller. What they are asked for is kept beside their files; how they stand, Temporal knows. */
export class CallerBatches {
  readonly #client: HoldfastClient;
  readonly #place: FilesPlace;
  readonly #caller: Caller;
  readonly #places: ReturnType<typeof placesOf>;
  readonly #files: CallerFiles;
  readonly #records: Records<BatchRecord>;

  constructor(client: HoldfastClient, place: FilesPlace, caller: Caller) {
    this.#client = client;
    this.#place = place;
    this.#caller = caller;
    this.#places = placesOf(place.root, caller);
    this.#files = new CallerFiles(place, caller);
    this.#records = new Records(place.storage, this.#places.batches);
  }

  /** @throws Refusal when the request is not valid, or there is no such file */
  async create(body: unknown): Promise<BatchObject> {
    const record = batchRecord(batchId(newSuffix()), body);
    const { id, input_file_id: input, endpoint } = record;
    const operation = operationOfUrl(endpoint);
    if (operation === undefined || parseFileId(input) !== 'upload' || (await this.#files.find(input)) === null) {
      throw new Refusal({ kind: 'NotFoundError', message: `input_file_id: there is no uploaded file ${input}` });
    }
    const uses = new Records<object>(this.#place.storage, this.#places.uses(input));
    // First: a batch that runs must be known.
    await this.#records.put(id, record);
    await uses.put(id, {});
    try {
      await this.#client.batches.submit({
        input: this.#files.locationOf(input),
        output: this.#places.output(id),
        batchId: id,
        allowed: { operation, groups: this.#caller.models },
        expiresAt: new Date(record.expires_at * 1000),
      });
    } catch (error) {
      await this.#records.remove(id);
      await uses.remove(id);
      throw error;
    }
    const standing = { status: 'validating', total: 0, answered: 0, failed: 0 } as const;
    return batchObject(record, {
      standing: { ...standing, startedAt: null, endedAt: null, why: null },
      problems: [],
      outputFileId: null,
      errorFileId: null,
    });
  }

  /** Ids of all batches, newest first. */
  async ids(): Promise<string[]> {
    return (await this.#records.ids()).toSorted((a, b) => (a < b ? 1 : -1));
  }

  async find(id: string): Promise<BatchObject | null> {
    const record = isBatchId(id) ? await this.#records.get(id) : null;
    return record === null ? null : this.#look(record);
  }

  /**
   * Asks a batch to stop: requests in flight are aborted, and what is done is put into its output.
   * @throws Refusal when it is over
   */
  async cancel(id: string): Promise<BatchObject | null> {
    const found = await this.find(id);
    if (found === null) return null;
    if (isOver(found.status)) throw tooLate(found);
    const record = await this.#records.get(id);
    if (record === null || record.cancelling_at !== null) return found;
    try {
      await this.#client.batches.handle(id).cancel();
    } catch (error) {
      if (!isCallError(error)) throw error;
      // It came to its end just now.
      throw tooLate((await this.find(id)) ?? found);
    }
    const cancelling = { ...record, cancelling_at: Math.floor(Date.now() / 1000) };
    await this.#records.put(id, cancelling);
    return this.#look(cancelling);
  }

  /** The batch that needs a file; null: it may be removed. */
  async userOf(fileId: string): Promise<string | null> {
    if (parseFileId(fileId) !== 'upload') return null;
    const uses = new Records<object>(this.#place.storage, this.#places.uses(fileId));
    for (const id of await uses.ids()) {
      const batch = await this.find(id);
      if (batch !== null && !isOver(batch.status)) return id;
    }
    return null;
  }

  async #look(record: BatchRecord): Promise<BatchObject> {
    const { storage } = this.#place;
    const output = this.#places.output(record.id);
    const standing = await standingOf({ client: this.#client, storage, output }, record);
    const fileIfThere = async (part: 'output' | 'errors') => {
      const id = outputFileId(record.id, part);
      return isOver(standing.status) && (await this.#files.find(id)) !== null ? id : null;
    };
    return batchObject(record, {
      standing: this.#withoutPlaces(standing, record),
      problems: standing.status === 'failed' ? await readProblems({ storage, folder: batchFolder(output) }) : [],
      outputFileId: await fileIfThere('output'),
      errorFileId: await fileIfThere('errors'),
    });
  }

  /** Where files are is the operator's business. */
  #withoutPlaces({ why, ...standing }: BatchStanding, { id, input_file_id: input }: BatchRecord): BatchStanding {
    if (why === null) return { ...standing, why };
    const names = { [this.#files.locationOf(input)]: input, [this.#places.output(id)]: id };
    const told = Object.entries(names).reduce(
      (text, [place, name]) => text.replaceAll(place, name).replaceAll(shownLocation(place), name),
      why,
    );
    return { ...standing, why: told };
  }
}

function tooLate({ id, status }: BatchObject): Refusal {
  return new Refusal({
    kind: 'ConflictError',
    message: `batch ${id} is over: it is ${status}, and cannot be cancelled`,
  });
}
