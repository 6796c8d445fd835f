import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect garbage when the heap is half as large again as what was in use, in all threads: by itself it waits for about
 * four times that, which for a worker with batches, whose rows live for a moment, is most of its memory. It is no limit: an
 * answer of 64 MB has the room that there is.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=50');
}
