import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { jsonAround } from '../core/call/outline.js';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { startsOf, total } from '../core/common/total.js';
import type { ExternalPlace } from '../external-storage/external-place.js';
import { ExternalStorageError } from '../external-storage/external-storage-error.js';
import type { PayloadStore, Reference } from '../external-storage/payload-store.js';
import { garbage, giveBack } from '../garbage.js';
import { checkedIn, checkedPayload, type CheckedValue } from './claim-check.js';
import { JSON_METADATA } from './json-converter.js';
import { readOnce } from './own-payloads.js';
import { unmarked, type Outlined } from './outlined-payload.js';
import { blocksOfPayload, headOfPayload, payloadOfBytes } from './payload-bytes.js';
import { checkedOf, isReference, referenceIn, referenceTo } from './reference-payload.js';

type Store = Pick<PayloadStore, 'read' | 'write' | 'writeSections'>;
type Place = Pick<ExternalPlace, 'location' | 'leastBytes'>;

/** A larger one would be in the history instead of the payload. */
const MOST_OF_OUTLINE = 32 * 1024;

/**
 * Puts a reference in the place of a large payload, which goes to external storage whole, with its metadata. It stands before
 * encryption: pieces are encrypted by the store, each alike, and references like any payload. What belongs to no workflow
 * stays where it is: nobody could tell how long it is needed.
 */
export class ExternalStorageCodec implements PayloadCodec {
  readonly #store: Store;
  readonly #place: Place | undefined;
  readonly #givesOutlines: boolean;

  /**
   * @param place - undefined: references are read, and none are written
   * @param givesOutlines - whether payloads with an outline are given as that: those that read them know of it
   */
  constructor(store: Store, place: Place | undefined, { givesOutlines = false } = {}) {
    this.#store = store;
    this.#place = place;
    this.#givesOutlines = givesOutlines;
  }

  /** @throws ExternalStorageError */
  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return Promise.all(payloads.map((payload) => this.#encoded(payload, context?.workflowId)));
  }

  async #encoded(given: Payload, workflowId: string | undefined): Promise<Payload> {
    const place = this.#place;
    const checked = checkedIn(given);
    if (place === undefined || workflowId === undefined) {
      return checked === null ? unmarked(given).payload : this.#whole(checked);
    }
    if (checked !== null) {
      const whole = () => this.#whole(checked);
      return throughTemporalIfAway(bytesOf(checked), () => this.#joined(checked, place, workflowId), whole);
    }
    const { payload, outline } = unmarked(given);
    const bytes = payload.data?.length ?? 0;
    if (bytes < place.leastBytes) return payload;
    // It was made just now.
    await nextTurn();
    const stored = async () =>
      outline === null
        ? referenceTo(await this.#store.write(place.location, blocksOfPayload(payload), workflowId))
        : this.#outlined(payload, outline, place, workflowId);
    return throughTemporalIfAway(bytes, stored, async () => payload);
  }

  /** What the workflow hands on is stored apart from what stands around it. */
  async #outlined(payload: Payload, { value, parts }: Outlined, place: Place, workflowId: string): Promise<Payload> {
    const [head, data = new Uint8Array()] = blocksOfPayload(payload) as [Uint8Array, Uint8Array?];
    const cuts = [0, ...parts.flatMap(({ start, bytes }) => [start, start + bytes]), data.length];
    const sections = cuts.slice(1).map((end, index) => [data.subarray(cuts[index], end)]);
    sections[0]?.unshift(head);
    const stored = await this.#store.writeSections(place.location, sections, workflowId);
    // The converter made it for this.
    giveBack(data);
    const counts = stored.map(({ pieces }) => pieces.length);
    const firsts = startsOf(counts);
    const outline = {
      value,
      parts: parts.map(({ path, bytes }, index) => ({
        path,
        bytes,
        first: firsts[2 * index + 1] ?? 0,
        count: counts[2 * index + 1] ?? 0,
      })),
    };
    const isSmall = JSON.stringify(outline).length <= MOST_OF_OUTLINE;
    return referenceTo({ ...joined(stored), ...(isSmall && { outline }) });
  }

  /** A value with claim checks: what they stand for is stored already, and the pieces of what is around it come between. */
  async #joined({ value, parts }: CheckedValue, place: Place, workflowId: string): Promise<Payload> {
    const texts = textsAround({ value, parts });
    const head = headOfPayload(JSON_METADATA, total(texts.map(({ length }) => length)) + bytesOfParts(parts));
    const sections = texts.flatMap((text, index) => {
      const part = parts[index]?.part;
      const blocks = index === 0 ? [head, text] : [text];
      return part === undefined ? [blocks] : [blocks, part];
    });
    return referenceTo(joined(await this.#store.writeSections(place.location, sections, workflowId)));
  }

  /** The same where nothing is stored: it goes through Temporal as it is. */
  async #whole({ value, parts }: CheckedValue): Promise<Payload> {
    const read = await Promise.all(parts.map(({ part }) => this.#store.read(part)));
    const blocks = textsAround({ value, parts }).flatMap((text, index) => [text, read[index] ?? Buffer.alloc(0)]);
    return { metadata: JSON_METADATA, data: Buffer.concat(blocks) };
  }

  /**
   * @throws ExternalStorageError
   * @throws EncryptionError
   */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    if (!payloads.some(isReference)) return payloads;
    return Promise.all(
      payloads.map(async (payload) => {
        if (!isReference(payload)) return payload;
        const reference = referenceIn(payload);
        const checked = this.#givesOutlines ? checkedOf(reference) : null;
        if (checked !== null) return checkedPayload(checked);
        // What those before it have left is as large.
        garbage.collect(reference.bytes ?? 0);
        const bytes = await this.#store.read(reference);
        // It will be parsed at once.
        await nextTurn();
        const whole = payloadOfBytes(bytes);
        readOnce(whole);
        return whole;
      }),
    );
  }
}

/**
 * What Temporal takes is not kept back by a storage that is away: a heartbeat that cannot be encoded ends its attempt, and a
 * failure that cannot ends the worker.
 */
async function throughTemporalIfAway(
  bytes: number,
  stored: () => Promise<Payload>,
  asItIs: () => Promise<Payload>,
): Promise<Payload> {
  try {
    return await stored();
  } catch (error) {
    if (!(error instanceof ExternalStorageError) || bytes > MAX_PAYLOAD_BYTES) throw error;
    return asItIs();
  }
}

/** Of the JSON of the value, about. */
function bytesOf({ value, parts }: CheckedValue): number {
  return JSON.stringify(value).length + bytesOfParts(parts);
}

function bytesOfParts(parts: CheckedValue['parts']): number {
  return total(parts.map(({ part }) => part.bytes));
}

/** One reference for all of them, one after the other. */
function joined(stored: readonly Reference[]): Reference {
  const [{ place, day, workflowId }] = stored as [Reference, ...Reference[]];
  const bytes = total(stored.map((each) => each.bytes ?? Number.NaN));
  const pieces = stored.flatMap((each) => each.pieces);
  return { place, day, workflowId, pieces, ...(!Number.isNaN(bytes) && { bytes }) };
}

function textsAround({ value, parts }: CheckedValue): Buffer[] {
  const paths = parts.map(({ path }) => path);
  return jsonAround(value, paths).map((text) => Buffer.from(text));
}
