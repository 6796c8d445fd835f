import { readProblems } from '../../batch/index.js';
import { isCallError } from '../../client/errors.js';
import type { HoldfastClient } from '../../client/holdfast-client.js';
import { BATCH_DEFAULTS } from '../../client/batch-client.js';
import type { GatewaySettings } from '../../config/index.js';
import { batchFolder } from '../../core/batch/batch.js';
import type { RowCaller } from '../../core/call/row-source.js';
import { operationOfUrl, type Operation } from '../../core/common/operations.js';
import { shownLocation } from '../../storage/index.js';
import { TemporalUnavailableError } from '../../temporal/errors.js';
import type { Caller } from '../callers.js';
import type { GatewayContext } from '../context.js';
import { Refusal } from '../refusal.js';
import { batchObject, justStarted, type BatchObject } from './batch-object.js';
import { batchRecord, isSameRequest, madeBefore, type BatchRecord } from './batch-record.js';
import { BatchRecords, newestFirst } from './batch-records.js';
import { findListed, isOver, standingOf, type BatchStanding } from './batch-standing.js';
import { CallerFiles } from './caller-files.js';
import { batchId, isBatchId, keyedSuffix, newSuffix, outputFileId, parseFileId } from './ids.js';
import { placeOf, placesOf, type FilesPlace } from './place.js';
import { Records } from './records.js';

/** What a request for a batch says beside its body: no part of what is asked for. */
interface BatchHeaders {
  /** Of its Idempotency-Key: the same key and request again are the same batch. */
  readonly keyHash: string | undefined;
  /** The webhook that is told of the batch. */
  readonly webhook: string | undefined;
}

/** The batches of a caller. What they are asked for is kept beside their files; how they stand, Temporal knows. */
export class CallerBatches {
  readonly #client: HoldfastClient;
  readonly #looks: GatewayContext['batchLooks'];
  readonly #place: FilesPlace;
  readonly #caller: Caller;
  readonly #rowCaller: RowCaller | undefined;
  readonly #places: ReturnType<typeof placesOf>;
  readonly #files: CallerFiles;
  readonly #records: BatchRecords;

  constructor(gateway: Pick<GatewayContext, 'client' | 'files' | 'config' | 'batchLooks'>, caller: Caller) {
    const place = placeOf(gateway);
    this.#client = gateway.client;
    this.#looks = gateway.batchLooks;
    this.#place = place;
    this.#caller = caller;
    this.#rowCaller = rowCaller(caller, gateway.config.gateway.eachKey);
    this.#places = placesOf(place.root, caller);
    this.#files = new CallerFiles(place, caller);
    this.#records = new BatchRecords(place.storage, this.#places);
  }

  /**
   * Starts a batch.
   * @throws Refusal when the request is not valid, there is no such file, or the key belongs to another request
   */
  async create(body: unknown, { keyHash, webhook }: BatchHeaders): Promise<BatchObject> {
    const nowMs = this.#place.clock.now();
    const id = batchId(keyHash === undefined ? newSuffix(nowMs) : keyedSuffix(keyHash));
    const record = batchRecord(id, body, nowMs);
    const known = keyHash === undefined ? null : await this.#records.get(record.id);
    if (known !== null) {
      if (!isSameRequest(known, record)) throw otherRequest(known.id);
      return this.#look(known);
    }
    await this.#mustHaveInput(record);
    return keyHash === undefined ? this.#createFresh(record, webhook) : this.#createKeyed(record, webhook);
  }

  async #createFresh(record: BatchRecord, webhook: string | undefined): Promise<BatchObject> {
    const { id, input_file_id: input } = record;
    const uses = this.#usesOf(input);
    // First: a batch that runs must be known.
    await this.#records.put(id, record);
    await uses.put(id, {});
    try {
      await this.#submit(record, webhook);
    } catch (error) {
      // One that may run must be known.
      if (mayHaveStarted(error)) throw error;
      await this.#records.remove(id);
      await uses.remove(id);
      throw error;
    }
    return justStarted(record);
  }

  /**
   * The other way round: Temporal lets one of those in who come with the same key at once, and what is kept is what that
   * one asked for. A gateway that dies in between is made up for by the client, who comes back with the key.
   */
  async #createKeyed(record: BatchRecord, webhook: string | undefined): Promise<BatchObject> {
    await this.#usesOf(record.input_file_id).put(record.id, {});
    const started = (await this.#startedBefore(record)) ?? (await this.#submitOrJoin(record, webhook));
    await this.#records.putKeyed(started, this.#place.clock.now());
    return started === record ? justStarted(record) : this.#look(started);
  }

  async #submitOrJoin(record: BatchRecord, webhook: string | undefined): Promise<BatchRecord> {
    try {
      await this.#submit(record, webhook);
      return record;
    } catch (error) {
      if (!isCallError(error) || error.kind !== 'ConflictError') throw error;
      const started = await this.#startedBefore(record);
      if (started === null) throw error;
      return started;
    }
  }

  /** The batch as it was started before; null: it was not. */
  async #startedBefore(record: BatchRecord): Promise<BatchRecord | null> {
    const listed = await findListed(this.#client, record.id);
    if (listed === null) return null;
    const { spec } = listed;
    const isSame =
      spec.input === this.#files.locationOf(record.input_file_id) &&
      spec.allowed?.operation === operationOfUrl(record.endpoint);
    if (!isSame || spec.expiresMs === undefined) throw otherRequest(record.id);
    return madeBefore(record, spec.expiresMs / 1000);
  }

  async #submit(
    { id, input_file_id: input, endpoint, expires_at: expiresAt }: BatchRecord,
    webhook: string | undefined,
  ): Promise<void> {
    // The record was checked when it was made.
    const operation = operationOfUrl(endpoint) as Operation;
    const limit = this.#rowCaller?.maxParallelRequests;
    await this.#client.batches.submit({
      // Each row a call: where first attempts are made apart, retries come on top of the concurrency.
      ...(limit !== undefined && { mode: 'workflow', concurrency: Math.min(limit, BATCH_DEFAULTS.concurrency) }),
      input: this.#files.locationOf(input),
      output: this.#places.output(id),
      batchId: id,
      allowed: { operation, groups: this.#caller.models, maxUnpackedBytes: this.#place.maxBytes },
      encryptsOutput: this.#client.keys !== undefined,
      caller: this.#rowCaller,
      webhook,
      expiresAt: new Date(expiresAt * 1000),
    });
  }

  async #mustHaveInput({ input_file_id: input }: BatchRecord): Promise<void> {
    if (parseFileId(input) === 'upload' && (await this.#files.find(input)) !== null) return;
    throw new Refusal({ kind: 'NotFoundError', message: `input_file_id: there is no uploaded file ${input}` });
  }

  /** The batches that a file is the input of. */
  #usesOf(input: string): Records<object> {
    return new Records(this.#place.storage, this.#places.uses(input));
  }

  /** Ids of all batches, newest first. */
  async ids(): Promise<string[]> {
    return (await this.#records.listed()).toSorted(newestFirst).map(({ id }) => id);
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
    const cancelling = { ...record, cancelling_at: Math.floor(this.#place.clock.now() / 1000) };
    await this.#records.put(id, cancelling);
    return this.#look(cancelling);
  }

  /** The batch that needs a file; null: it may be removed. */
  async userOf(fileId: string): Promise<string | null> {
    if (parseFileId(fileId) !== 'upload') return null;
    for (const id of await this.#usesOf(fileId).ids()) {
      const batch = await this.find(id);
      if (batch !== null && !isOver(batch.status)) return id;
    }
    return null;
  }

  async #look(record: BatchRecord): Promise<BatchObject> {
    const { storage } = this.#place;
    const output = this.#places.output(record.id);
    const look = `${record.id} ${record.cancelling_at}`;
    const standing = await this.#looks.get(look, () => standingOf({ client: this.#client, storage, output }, record));
    // One that is being started just now looks like that, too.
    if (standing.status === 'failed') this.#looks.forget(look);
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
    const named = Object.entries(names).reduce(
      (text, [place, name]) => text.replaceAll(place, name).replaceAll(shownLocation(place), name),
      why,
    );
    return { ...standing, why: named };
  }
}

/** Whose limits hold for the rows of a caller's batches; nobody's where there are none. */
function rowCaller(
  { id, rpmLimit, maxParallelRequests, ceilings }: Caller,
  eachKey: GatewaySettings['eachKey'],
): RowCaller | undefined {
  const limits = { rpmLimit, maxParallelRequests: maxParallelRequests ?? eachKey?.maxParallelRequests, ceilings };
  return Object.values(limits).every((limit) => limit === undefined) ? undefined : { id, ...limits };
}

/** Whether a submit that failed may have started its batch: only an answer of Temporal's, or a refusal of ours, is certain. */
function mayHaveStarted(error: unknown): boolean {
  return error instanceof TemporalUnavailableError ? error.workflowId !== null : !isCallError(error);
}

function otherRequest(id: string): Refusal {
  const message = `batch ${id} was made by another request with this Idempotency-Key. Use another key, or send the same request`;
  return new Refusal({ kind: 'ConflictError', message });
}

function tooLate({ id, status }: BatchObject): Refusal {
  return new Refusal({
    kind: 'ConflictError',
    message: `batch ${id} is over: it is ${status}, and cannot be cancelled`,
  });
}
