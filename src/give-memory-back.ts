import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8's own, as `--expose-gc` gives it. */
type CollectGarbage = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

function exposedByV8(): CollectGarbage {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as CollectGarbage;
  // Contexts that are made later, those of workflows among them, are not to have it.
  setFlagsFromString('--no-expose-gc');
  return collect;
}

let collect: CollectGarbage | undefined;

/**
 * Collects the garbage of this thread, and gives its memory back to the system. V8 by itself keeps the pages that work has
 * left empty, and the next work, of another kind, has new ones beside them. It takes some 0.1 s in which nothing else runs: for
 * the ends of work that takes seconds.
 */
export function giveMemoryBack(): void {
  collect ??= exposedByV8();
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
