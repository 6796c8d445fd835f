import { locationIn } from '../storage/index.js';

const CHUNK_DIGITS = 6;

/** What is where in a batch's own folder. */
export const inFolder = {
  index: (folder: string): string => locationIn(folder, 'index.bin'),
  problems: (folder: string): string => locationIn(folder, 'problems.jsonl'),
  /** The input, where it cannot be read from where it is. */
  spool: (folder: string): string => locationIn(folder, 'input.jsonl'),
  parts: (folder: string): string => locationIn(folder, 'parts'),
  chunkParts: (folder: string, chunk: number): string =>
    locationIn(folder, 'parts', String(chunk).padStart(CHUNK_DIGITS, '0')),
  part: (folder: string, chunk: number, writer: string): string =>
    locationIn(inFolder.chunkParts(folder, chunk), `${writer}.jsonl`),
  /** There once the parts are gone. */
  summary: (folder: string): string => locationIn(folder, 'summary.json'),
} as const;
