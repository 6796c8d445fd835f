import { DEFAULT_MAX_PAYLOAD_BYTES } from '../core/common/limits.js';
import { toLocation } from '../storage/index.js';
import type { StorageNotices } from './storage-notices.js';

export interface ExternalStorageOptions {
  /** A folder, or a bucket: `s3://bucket/folder`. All workers, gateways and clients of the namespace reach it. */
  readonly location: string;
  /** The largest request and the largest answer, in bytes of JSON. @default 64 MB */
  readonly maxPayloadBytes?: number | undefined;
  /** Payloads of so many bytes and more go there. @default 128 KB */
  readonly leastBytes?: number | undefined;
  /** @internal Who hears that the storage is away, of all in this process. @default nobody */
  readonly notices?: StorageNotices | undefined;
}

/** Where large payloads go. */
export interface ExternalPlace {
  /** `file:///…`, `s3://…` */
  readonly location: string;
  readonly maxPayloadBytes: number;
  readonly leastBytes: number;
  readonly notices?: StorageNotices | undefined;
}

/** From here on a payload is cheaper in storage than in the events of a history, each of which has it again. */
const LEAST_BYTES = 128 * 1024;

/** @throws Error for a location of another kind */
export function externalPlace(options: ExternalStorageOptions): ExternalPlace {
  // Not among the parameters: declarations would name what is internal.
  const { location, maxPayloadBytes, leastBytes, notices } = options;
  return {
    location: toLocation(location, process.cwd()),
    maxPayloadBytes: maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
    leastBytes: leastBytes ?? LEAST_BYTES,
    notices,
  };
}
