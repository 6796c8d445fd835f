import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common';
import { fieldsOf } from '../core/common/fields.js';
import { MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import type { ExternalPlace } from '../external-storage/external-place.js';
import { ExternalStorageError } from '../external-storage/external-storage-error.js';
import type { PayloadStore, Reference } from '../external-storage/payload-store.js';
import { blocksOfPayload, payloadOfBytes } from './payload-bytes.js';

const ENCODING = 'encoding';
const STORED = Buffer.from('json/external-storage');

/**
 * Puts a reference in the place of a large payload, which goes to external storage whole, with its metadata. It stands before
 * encryption: pieces are encrypted by the store, each alike, and references like any payload. What belongs to no workflow
 * stays where it is: nobody could tell how long it is needed.
 */
export class ExternalStorageCodec implements PayloadCodec {
  readonly #store: Pick<PayloadStore, 'read' | 'write'>;
  readonly #place: Pick<ExternalPlace, 'location' | 'leastBytes'> | undefined;

  /** @param place - undefined: references are read, and none are written */
  constructor(
    store: Pick<PayloadStore, 'read' | 'write'>,
    place: Pick<ExternalPlace, 'location' | 'leastBytes'> | undefined,
  ) {
    this.#store = store;
    this.#place = place;
  }

  /** @throws ExternalStorageError */
  async encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const place = this.#place;
    const workflowId = context?.workflowId;
    if (place === undefined || workflowId === undefined) return payloads;
    const isLarge = ({ data }: Payload) => (data?.length ?? 0) >= place.leastBytes;
    if (!payloads.some(isLarge)) return payloads;
    return Promise.all(
      payloads.map(async (payload) => {
        if (!isLarge(payload)) return payload;
        // It was made just now.
        await nextTurn();
        try {
          return referenceTo(await this.#store.write(place.location, blocksOfPayload(payload), workflowId));
        } catch (error) {
          if (!(error instanceof ExternalStorageError) || !goesThroughTemporal(payload)) throw error;
          return payload;
        }
      }),
    );
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
        const bytes = await this.#store.read(referenceIn(payload));
        // It will be parsed at once.
        await nextTurn();
        return payloadOfBytes(bytes);
      }),
    );
  }
}

/**
 * What Temporal takes is not kept back by a storage that is away: a heartbeat that cannot be encoded ends its attempt, and a
 * failure that cannot ends the worker.
 */
function goesThroughTemporal({ data }: Payload): boolean {
  return (data?.length ?? 0) <= MAX_PAYLOAD_BYTES;
}

function isReference({ metadata }: Payload): boolean {
  const encoding = metadata?.[ENCODING];
  return encoding !== undefined && encoding !== null && STORED.equals(encoding);
}

function referenceTo(reference: Reference): Payload {
  return { metadata: { [ENCODING]: STORED }, data: Buffer.from(JSON.stringify(reference)) };
}

/** @throws ExternalStorageError when it is none: anybody who reaches Temporal can write one */
function referenceIn({ data }: Payload): Reference {
  try {
    const { place, day, workflowId, pieces } = fieldsOf(JSON.parse(Buffer.from(data ?? []).toString()));
    const isOne = [place, day, workflowId].every((text) => typeof text === 'string') && Array.isArray(pieces);
    if (isOne) return { place, day, workflowId, pieces: pieces.map(String) } as Reference;
  } catch (error) {
    throw ExternalStorageError.damaged('a reference of a history', error);
  }
  throw ExternalStorageError.damaged('a reference of a history');
}
