import { garbage } from '../../garbage.js';

/** With fewer bytes, work leaves no garbage that is worth to be collected before its time. */
const LEAST_BYTES = 4_000_000;

/** While more than that is worked on, garbage is collected so often. */
const EVERY_BYTES = 8_000_000;

/** Between kinds of work on all of a batch's input: what one has left is not held while the next one goes on. */
export function collectAfter(bytes: number): void {
  if (bytes >= LEAST_BYTES) garbage.giveMemoryBack();
}

/** The same while so many bytes, more and more of them, have been worked on. */
export function collectsWhile(): (bytes: number) => void {
  let collectedAt = 0;
  return (bytes) => {
    if (bytes < collectedAt + EVERY_BYTES) return;
    collectedAt = bytes;
    garbage.giveMemoryBack();
  };
}
