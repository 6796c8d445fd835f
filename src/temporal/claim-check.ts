import type { Payload } from '@temporalio/common';
import { fieldsOf } from '../core/common/fields.js';
import type { Path } from '../core/call/outline.js';
import type { Reference } from '../external-storage/payload-store.js';

/** A part of a value, in external storage. */
export interface StoredPart extends Reference {
  /** Of its JSON. */
  readonly bytes: number;
}

/** A value whose large parts are in external storage. */
export interface CheckedValue {
  /** With null where it has those. */
  readonly value: unknown;
  /** In the order of the value. */
  readonly parts: readonly { readonly path: Path; readonly part: StoredPart }[];
}

/** Stands in a workflow for what lies in external storage: it can be handed on, to an activity or as a result, and not be looked into. */
export class ClaimCheck {
  readonly part: StoredPart;

  constructor(part: StoredPart) {
    this.part = part;
  }
}

const ENCODING = 'encoding';
const CHECKED = 'json/holdfast-claim-checks';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const metadata = { [ENCODING]: encoder.encode(CHECKED) };

/** How a worker and its workflows tell each other of such a value. Nothing of this encoding is kept. */
export function checkedPayload(checked: CheckedValue): Payload {
  return { metadata, data: encoder.encode(JSON.stringify(checked)) };
}

/** Null: the payload is another one. */
export function checkedIn({ metadata, data }: Payload): CheckedValue | null {
  const encoding = metadata?.[ENCODING];
  if (encoding?.length !== CHECKED.length || decoder.decode(encoding) !== CHECKED) return null;
  return JSON.parse(decoder.decode(data ?? new Uint8Array())) as CheckedValue;
}

/** The value with claim checks for its parts. */
export function withChecks({ value, parts }: CheckedValue): unknown {
  for (const { path, part } of parts) {
    const holder = path.slice(0, -1).reduce<unknown>((each, key) => fieldsOf(each)[key], value);
    const key = path.at(-1) ?? '';
    if (Object.hasOwn(fieldsOf(holder), key)) fieldsOf(holder)[key] = new ClaimCheck(part);
  }
  return value;
}

/** Fields within fields: further in, no value of a workflow has a claim check. */
const DEPTH = 2;

/** The value apart from its claim checks; null: it has none. */
export function withoutChecks(value: unknown): CheckedValue | null {
  const parts: { path: Path; part: StoredPart }[] = [];
  const without = (each: unknown, path: Path): unknown => {
    if (each instanceof ClaimCheck) {
      parts.push({ path, part: each.part });
      return null;
    }
    if (path.length === DEPTH || typeof each !== 'object' || each === null || Array.isArray(each)) return each;
    const found = parts.length;
    const fields = Object.fromEntries(
      Object.entries(each).map(([key, child]) => [key, without(child, [...path, key])]),
    );
    return parts.length === found ? each : fields;
  };
  const left = without(value, []);
  return parts.length === 0 ? null : { value: left, parts };
}
