import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../clock.js';
import { forgetOldest } from '../core/common/forget-oldest.js';
import { Turns } from '../core/common/turns.js';
import type { KeyRing } from '../encryption/key-ring.js';
import { giveBack } from '../garbage.js';
import { locationIn, type PayloadStorage } from '../storage/index.js';
import { cutByContent } from './cut.js';
import { ExternalStorageError } from './external-storage-error.js';
import { JoinedPieces } from './joined-pieces.js';
import { arePieces, dayOf, folderOf } from './payload-folder.js';
import type { StorageNotices } from './storage-notices.js';
import { nameOfStored, pieceIn, pieceToStore, type Owner, type PieceToStore } from './stored-piece.js';

/** Where a payload lies. It stands in histories. */
export interface Reference {
  /** The place that it was written to: another process may know it by another name. */
  readonly place: string;
  /** The day on which it was written, and whose it is: a folder of the place. */
  readonly day: string;
  readonly workflowId: string;
  /** Its pieces, in order, by their names. */
  readonly pieces: readonly string[];
  /** So many they have together. @default a version that does not say it wrote the reference */
  readonly bytes?: number;
}

/** A part of a payload that has pieces of its own: in blocks, which follow each other, or stored before. */
export type Section = readonly Uint8Array[] | Reference;

interface StoreDeps {
  readonly storage: Pick<PayloadStorage, 'readWhole' | 'size' | 'write'>;
  /** Where new payloads go. Undefined: none do, and payloads are read where their references say. */
  readonly place: string | undefined;
  readonly namespace: string;
  readonly keys: KeyRing | undefined;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Hears whether the storage takes what is new. @default nobody does */
  readonly notices?: StorageNotices | undefined;
}

/** Pieces that are read or written at once. */
const AT_ONCE = 16;

/** Of one payload so many are read before it is their turn to be joined: they are there beside what is joined. */
const READ_AHEAD = 8;

/** So long a storage may be away before who needs it hears of it, and waits in his own way. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 250;

/** Pieces that are known to be there: those of the payloads under way. */
const MAX_KNOWN = 10_000;

/**
 * Payloads outside of Temporal: in pieces, below the day and the workflow that they are of. A folder of a day gets nothing new
 * once the day is over, so that what nobody needs in it then is never needed again.
 */
export class PayloadStore {
  readonly #deps: StoreDeps;
  readonly #turns = new Turns(AT_ONCE);
  /** Their names. */
  readonly #known = new Map<string, string>();

  constructor(deps: StoreDeps) {
    this.#deps = deps;
  }

  /**
   * Stores a payload of a workflow. What is there already stays.
   * @param payload - in blocks, which follow each other
   * @throws ExternalStorageError
   */
  async write(place: string, payload: readonly Uint8Array[], workflowId: string): Promise<Reference> {
    const [reference] = await this.writeSections(place, [payload], workflowId);
    return reference;
  }

  /**
   * The same in sections, each of which gets a reference of its own: together their pieces are the payload.
   * @throws ExternalStorageError
   * @throws EncryptionError without the key of a section that has to be stored anew
   */
  async writeSections<const Sections extends readonly Section[]>(
    place: string,
    sections: Sections,
    workflowId: string,
  ): Promise<{ [Index in keyof Sections]: Reference }> {
    const { namespace, keys, clock } = this.#deps;
    const key = await keys?.current();
    const day = dayOf(clock.now());
    const folder = folderOf(place, namespace, day, workflowId);
    const isThere = (section: Reference) =>
      section.place === place && section.day === day && section.workflowId === workflowId;
    const writing: { names: Promise<string>[]; bytes: number | undefined }[] = [];
    for (const section of sections) {
      if ('pieces' in section && isThere(section)) {
        writing.push({ names: section.pieces.map(async (name) => name), bytes: section.bytes });
        continue;
      }
      const names: Promise<string>[] = [];
      let bytes = 0;
      for await (const piece of 'pieces' in section ? this.#piecesOf(section) : cutByContent(section)) {
        const unstored = pieceToStore(piece, { namespace, workflowId }, key);
        const kept = this.#turns.take(() => this.#keep(folder, unstored));
        // Whoever waits for all of them hears of it.
        kept.catch(() => undefined);
        names.push(kept);
        bytes += piece.length;
        // Each is cut, digested and encrypted in one go, and others want to be heard meanwhile.
        await nextTurn();
      }
      writing.push({ names, bytes });
    }
    await Promise.allSettled(writing.flatMap(({ names }) => names));
    const stored = writing.map(async ({ names, bytes }) => ({
      place,
      day,
      workflowId,
      pieces: await Promise.all(names),
      ...(bytes !== undefined && { bytes }),
    }));
    return Promise.all(stored) as Promise<{ [Index in keyof Sections]: Reference }>;
  }

  /**
   * @throws ExternalStorageError when it is not there, is damaged, or cannot be reached
   * @throws EncryptionError without its key
   */
  async read(reference: Reference): Promise<Uint8Array> {
    const pieces = this.#piecesOf(reference, READ_AHEAD);
    const joined = new JoinedPieces(reference.bytes);
    for await (const piece of pieces) if (!joined.add(piece)) throw ExternalStorageError.damaged(A_REFERENCE);
    const { whole } = joined;
    if (whole === null) throw ExternalStorageError.damaged(A_REFERENCE);
    return whole;
  }

  /** One after the other, and so many ahead of whoever takes them. */
  #piecesOf(reference: Reference, ahead = 0): AsyncGenerator<Uint8Array, void> {
    mustBePieces(reference);
    return inOrder(reference.pieces, (name) => this.#piece(reference, name), ahead);
  }

  #piece(reference: Reference, name: string): Promise<Uint8Array> {
    const { namespace, keys } = this.#deps;
    const owner: Owner = { namespace, workflowId: reference.workflowId };
    return this.#turns.take(async () => pieceIn(await this.#found(reference, name), owner, keys));
  }

  /** Stores a piece that is not there yet; returns its name. */
  async #keep(folder: string, { mark, stored }: PieceToStore): Promise<string> {
    const place = `${folder} ${mark}`;
    const known = this.#known.get(place);
    if (known !== undefined) return known;
    const { name, blocks, made } = stored();
    const { storage, notices } = this.#deps;
    const location = locationIn(folder, name);
    const write = async () => {
      if ((await storage.size(location)) === bytesIn(blocks)) return;
      await storage.write(location, Readable.from(blocks));
      notices?.took();
    };
    await this.#patiently('write', location, write).catch((error: unknown) => {
      notices?.refused(error);
      throw error;
    });
    for (const block of made) giveBack(block);
    this.#known.set(place, name);
    forgetOldest(this.#known, MAX_KNOWN);
    return name;
  }

  /** The piece as it is stored, where this process has its payloads, else where it was written. */
  async #found({ place, day, workflowId }: Reference, name: string): Promise<Buffer> {
    const places = [...new Set([this.#deps.place ?? place, place])];
    for (const [index, each] of places.entries()) {
      const location = locationIn(folderOf(each, this.#deps.namespace, day, workflowId), name);
      try {
        const stored = await this.#patiently('read', location, () => this.#deps.storage.readWhole(location));
        if (nameOfStored([stored]) !== name) throw ExternalStorageError.damaged(location);
        return stored;
      } catch (error) {
        const isElsewhere = error instanceof ExternalStorageError && error.code === 'missing';
        if (!isElsewhere || index === places.length - 1) throw error;
      }
    }
    throw new Error('no place to look at');
  }

  async #patiently<T>(action: 'read' | 'write', location: string, work: () => Promise<T>): Promise<T> {
    const { clock } = this.#deps;
    const endMs = clock.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await work();
      } catch (thrown) {
        const error = ExternalStorageError.of(action, location, thrown);
        const mayPass = error instanceof ExternalStorageError && error.mayPass;
        if (!mayPass || clock.now() + PAUSE_MS > endMs) throw error;
        await clock.sleep(PAUSE_MS);
      }
    }
  }
}

/** What work makes of each, in their order. It is begun for so many ahead, and is over when whoever takes them stops early. */
async function* inOrder<T, Made>(
  all: readonly T[],
  work: (each: T) => Promise<Made>,
  ahead: number,
): AsyncGenerator<Made, void> {
  const begun: Promise<Made>[] = [];
  try {
    for (const each of all) {
      const made = work(each);
      // Whoever takes it hears of it.
      made.catch(() => undefined);
      begun.push(made);
      if (begun.length > ahead) yield (await begun.shift()) as Made;
    }
    while (begun.length > 0) yield (await begun.shift()) as Made;
  } finally {
    await Promise.allSettled(begun);
  }
}

/** Where references stand. */
const A_REFERENCE = 'a reference of a history';

/** Anybody who reaches Temporal can write references: they lead to pieces only, and have a size. */
function mustBePieces({ day, pieces, bytes = 0 }: Reference): void {
  const isSize = Number.isSafeInteger(bytes) && bytes >= 0;
  if (!arePieces(day, pieces) || !isSize) throw ExternalStorageError.damaged(A_REFERENCE);
}

function bytesIn(blocks: readonly Uint8Array[]): number {
  return blocks.reduce((sum, block) => sum + block.length, 0);
}
