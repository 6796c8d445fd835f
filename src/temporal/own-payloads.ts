import type { Payload } from '@temporalio/common';
import { giveBack } from '../garbage.js';

const own = new WeakSet<Payload>();

/** A payload was made for whoever reads it, of memory that is nobody else's. */
export function readOnce(payload: Payload): void {
  own.add(payload);
}

/** What is in a payload has been read: nobody needs its bytes any more, where it was made for that. */
export function wasRead(payload: Payload): void {
  if (payload.data && own.delete(payload)) giveBack(payload.data);
}
