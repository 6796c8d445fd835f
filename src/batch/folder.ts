import { locationIn } from '../storage/index.js';

const CHUNK_DIGITS = 6;

/** What is where in a batch's own folder. */
export const inFolder = {
  /** Whose folder it is. */
  claim: (folder: string): string => locationIn(folder, 'batch.json'),
  index: (folder: string): string => locationIn(folder, 'index.bin'),
  problems: (folder: string): string => locationIn(folder, 'problems.jsonl'),
  /** The input, where it cannot be read from where it is. */
  spool: (folder: string): string => locationIn(folder, 'input.jsonl'),
  parts: (folder: string): string => locationIn(folder, 'parts'),
  chunkParts: (folder: string, chunk: number): string =>
    locationIn(folder, 'parts', String(chunk).padStart(CHUNK_DIGITS, '0')),
  part: (folder: string, chunk: number, writer: string): string =>
    locationIn(inFolder.chunkParts(folder, chunk), `${writer}.jsonl`),
  /** Written to find out whether anything can be. */
  probe: (folder: string): string => locationIn(folder, 'probe'),
  /** There once the parts are gone. */
  summary: (folder: string): string => locationIn(folder, 'summary.json'),
} as const;

/** What is where in the folder of the output. */
export const inOutput = {
  answered: (out: string): string => locationIn(out, 'output.jsonl'),
  failed: (out: string): string => locationIn(out, 'errors.jsonl'),
  summary: (out: string): string => locationIn(out, 'summary.json'),
} as const;

/** Files that the output replaces. */
export function outputFiles(out: string): readonly string[] {
  return Object.values(inOutput).map((at) => at(out));
}

/** What is wrong with an input that the output would replace; null: it is not there. */
export function inputConflict(input: string, out: string): string | null {
  return outputFiles(out).includes(input) ? 'is where output goes, which would replace it; name another folder' : null;
}
