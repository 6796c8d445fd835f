import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { indexInput, readChunk, type BatchRow, type IndexInputOptions } from '../../src/batch/index.js';
import type { RowProblem } from '../../src/batch/problems.js';
import type { InputIndex } from '../../src/core/batch/batch.js';
import { openStorage, toLocation, type Storage } from '../../src/storage/index.js';

export const storage: Storage = openStorage();

/** A row as a file has it. */
export function row(customId: unknown, body: unknown = chat('Hello'), set: Record<string, unknown> = {}): string {
  return JSON.stringify({ custom_id: customId, method: 'POST', url: '/v1/chat/completions', body, ...set });
}

export function chat(content: string, set: Record<string, unknown> = {}): Record<string, unknown> {
  return { model: 'fast', messages: [{ role: 'user', content }], ...set };
}

export interface BatchFolder {
  readonly path: string;
  readonly folder: string;
  at(name: string): string;
  /** Writes an input and returns its location. */
  input(content: string | Uint8Array, name?: string): Promise<string>;
  index(content: string | Uint8Array, set?: Partial<IndexInputOptions>): Promise<Indexed>;
  text(name: string): Promise<string>;
  remove(): Promise<void>;
}

export interface Indexed {
  readonly index: InputIndex;
  readonly problems: readonly RowProblem[];
}

/** A folder for a batch, and what a test does with it. */
export async function batchFolder(): Promise<BatchFolder> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-batch-'));
  const folder = toLocation('batch', path);
  const input = async (content: string | Uint8Array, name = 'rows.jsonl'): Promise<string> => {
    await writeFile(join(path, name), content);
    return toLocation(name, path);
  };
  const text = (name: string): Promise<string> => readFile(join(path, name), 'utf8');
  return {
    path,
    folder,
    at: (name) => toLocation(name, path),
    input,
    index: async (content, set = {}) => {
      const location = await input(content);
      const index = await indexInput({ storage, input: location, folder, chunkRows: 10, settings: {}, ...set });
      return { index, problems: parseLines(await text('batch/problems.jsonl')) as RowProblem[] };
    },
    text,
    remove: () => rm(path, { recursive: true }),
  };
}

export function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line): unknown => JSON.parse(line));
}

/** All rows of an input that was checked. */
export async function readRows(index: InputIndex, folder: string, settings = {}): Promise<BatchRow[]> {
  const rows: BatchRow[] = [];
  for (let chunk = 0; chunk < index.chunks; chunk++) {
    for await (const found of readChunk({ storage, index, folder, chunk, settings })) rows.push(found);
  }
  return rows;
}
