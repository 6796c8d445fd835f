import type { Payload } from '@temporalio/common';
import { fieldsOf } from '../core/common/fields.js';
import type { Path } from '../core/call/outline.js';
import { ExternalStorageError } from '../external-storage/external-storage-error.js';
import type { Reference } from '../external-storage/payload-store.js';
import type { CheckedValue } from './claim-check.js';

const ENCODING = 'encoding';
const STORED = Buffer.from('json/external-storage');

/** What a workflow is given of a payload, where that has parts which it only hands on. */
interface KeptOutline {
  readonly value: unknown;
  readonly parts: readonly {
    readonly path: Path;
    readonly bytes: number;
    /** Which of the pieces of the payload are the part's. */
    readonly first: number;
    readonly count: number;
  }[];
}

/** A reference as a history has it. */
interface KeptReference extends Reference {
  /** @default workflows are given all of it */
  readonly outline?: KeptOutline;
}

export function isReference({ metadata }: Payload): boolean {
  const encoding = metadata?.[ENCODING];
  return encoding !== undefined && encoding !== null && STORED.equals(encoding);
}

export function referenceTo(reference: KeptReference): Payload {
  return { metadata: { [ENCODING]: STORED }, data: Buffer.from(JSON.stringify(reference)) };
}

/** @throws ExternalStorageError when it is none: anybody who reaches Temporal can write one */
export function referenceIn({ data }: Payload): KeptReference {
  return read(() => {
    const { place, day, workflowId, pieces, bytes, outline } = fieldsOf(JSON.parse(Buffer.from(data ?? []).toString()));
    if (typeof place !== 'string' || typeof day !== 'string' || typeof workflowId !== 'string') return null;
    if (!Array.isArray(pieces)) return null;
    return {
      place,
      day,
      workflowId,
      pieces: pieces.map(String),
      ...(bytes !== undefined && { bytes: bytes as number }),
      ...(outline !== undefined && { outline: outline as KeptOutline }),
    };
  });
}

/**
 * What a workflow is given of the payload; null: all of it.
 * @throws ExternalStorageError
 */
export function checkedOf({ outline, pieces, ...reference }: KeptReference): CheckedValue | null {
  if (outline === undefined) return null;
  return read(() => {
    const parts = outline.parts.map(({ path, bytes, first, count }) => ({
      path: [...path],
      part: { ...reference, bytes, pieces: pieces.slice(first, first + count) },
    }));
    return { value: outline.value, parts };
  });
}

function read<T>(find: () => T | null): T {
  try {
    const found = find();
    if (found !== null) return found;
  } catch (error) {
    throw ExternalStorageError.damaged('a reference of a history', error);
  }
  throw ExternalStorageError.damaged('a reference of a history');
}
