import { locationIn, shownLocation } from '../../storage/index.js';

/** Where the output of a batch is. */
export interface OutputFiles {
  readonly output: string;
  readonly errors: string;
  readonly summary: string;
}

/** @param folder a location */
export function outputFiles(folder: string): OutputFiles {
  const at = (name: string) => shownLocation(locationIn(folder, name));
  return { output: at('output.jsonl'), errors: at('errors.jsonl'), summary: at('summary.json') };
}
