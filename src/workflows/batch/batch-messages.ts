import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import {
  CHUNK_TAIL,
  CHUNK_TROUBLE,
  IS_PAUSED,
  PAUSE,
  RESUME,
  SET_CONCURRENCY,
  STATUS,
  type BatchStatus,
  type ChunkTail,
  type ChunkTrouble,
  type ResumeOptions,
} from '../../core/batch/batch.js';

/** What a batch can be asked and told. */
export const statusQuery = defineQuery<BatchStatus>(STATUS);
export const isPausedQuery = defineQuery<boolean>(IS_PAUSED);
export const chunkTail = defineSignal<[ChunkTail]>(CHUNK_TAIL);
export const chunkTrouble = defineSignal<[ChunkTrouble]>(CHUNK_TROUBLE);
export const pause = defineUpdate<BatchStatus, [reason: string]>(PAUSE);
export const resume = defineUpdate<BatchStatus, [ResumeOptions]>(RESUME);
export const setConcurrency = defineUpdate<BatchStatus, [concurrency: number]>(SET_CONCURRENCY);
