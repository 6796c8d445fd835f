import { randomBytes } from 'node:crypto';

const TIME_DIGITS = 9;
const RANDOM_BYTES = 8;

/** The part of an id that tells one thing from all others. Of these, later ones sort behind earlier ones. */
export function newSuffix(nowMs: number): string {
  return `${timeDigits(nowMs)}${randomBytes(RANDOM_BYTES).toString('hex')}`;
}

/** A time as text that sorts like times. */
export function timeDigits(ms: number): string {
  return ms.toString(36).padStart(TIME_DIGITS, '0');
}

/** The suffix that a key leads to. It tells nothing of the time. */
export function keyedSuffix(hash: string): string {
  return hash.slice(0, TIME_DIGITS + 2 * RANDOM_BYTES);
}

/** What a batch leaves, as files: their ids, and their names in the folder of its output. */
export const OUTPUT_FILES = { output: 'output.jsonl', errors: 'errors.jsonl' } as const;
export type OutputPart = keyof typeof OUTPUT_FILES;

const FILE_ID = /^file-([a-z\d]{25})(?:-(output|errors))?$/;
const BATCH_ID = /^batch_[a-z\d]{25}$/;

export const fileId = (suffix: string): string => `file-${suffix}`;
export const batchId = (suffix: string): string => `batch_${suffix}`;

export function outputFileId(batch: string, part: OutputPart): string {
  return `${fileId(suffixOf(batch))}-${part}`;
}

export function suffixOf(id: string): string {
  return id.replace(/^(file-|batch_)/, '').replace(/-.*/, '');
}

/** What a file id stands for: an upload, or what a batch left; null: it is none. */
export function parseFileId(id: string): { readonly batch: string; readonly part: OutputPart } | 'upload' | null {
  const [found, suffix = '', part] = FILE_ID.exec(id) ?? [];
  if (found === undefined) return null;
  return part === undefined ? 'upload' : { batch: batchId(suffix), part: part as OutputPart };
}

export function isBatchId(id: string): boolean {
  return BATCH_ID.test(id);
}
