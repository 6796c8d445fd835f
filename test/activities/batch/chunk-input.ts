import type { RunChunkInput } from '../../../src/core/batch/batch.js';

/** Input of `runChunk` for the first chunk of a batch, of which nothing was run yet. */
export function chunkInput(
  { files, index }: Pick<RunChunkInput, 'files' | 'index'>,
  set: Partial<RunChunkInput> = {},
): RunChunkInput {
  return {
    files,
    index,
    chunk: 0,
    mode: 'packed',
    attempts: { slots: 2, groupSlots: {}, maxTokens: null },
    known: [],
    stopped: [],
    groupNames: {},
    ...set,
  };
}
