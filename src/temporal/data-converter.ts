import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter, LoadedDataConverter, PayloadCodec } from '@temporalio/common';
import { systemClock } from '../clock.js';
import type { KeyRing } from '../encryption/key-ring.js';
import type { ExternalPlace } from '../external-storage/external-place.js';
import { PayloadStore } from '../external-storage/payload-store.js';
import { openStorage } from '../storage/index.js';
import { failureConverter as encoding } from './encoding-failure-converter.js';
import { EncryptionCodec } from './encryption-codec.js';
import { ExternalStorageCodec } from './external-storage-codec.js';
import { failureConverter as plain } from './failure-converter.js';
import { payloadConverter } from './payload-converter.js';

/** Where data goes, and under which keys. */
export interface Chain {
  readonly namespace: string;
  /** @default nothing is encrypted */
  readonly keys?: KeyRing | undefined;
  /** What payloads pass before they are stored or encrypted. @default nothing */
  readonly payloadCodecs?: readonly PayloadCodec[] | undefined;
  /** @default all payloads go through Temporal, those that are elsewhere are read */
  readonly externalStorage?: ExternalPlace | undefined;
}

/**
 * The way of all data to Temporal and back: values become payloads, errors become failures, large payloads go to external
 * storage, and payloads are encrypted. The one chain: nothing else knows of it.
 */
export function dataConverter({ namespace, keys, payloadCodecs = [], externalStorage }: Chain): LoadedDataConverter {
  const place = externalStorage?.location;
  const store = new PayloadStore({ storage: openStorage(), place, namespace, keys, clock: systemClock });
  const outside = new ExternalStorageCodec(store, externalStorage);
  return {
    payloadConverter,
    failureConverter: keys === undefined ? plain : encoding,
    payloadCodecs: [...payloadCodecs, outside, new EncryptionCodec(keys, namespace)],
  };
}

/** The same chain for workers, which load its parts by themselves. */
export function workerDataConverter(chain: Chain): DataConverter {
  const { payloadCodecs } = dataConverter(chain);
  return {
    payloadConverterPath: pathOf('payload-converter'),
    failureConverterPath: failureConverterPath(chain),
    payloadCodecs,
  };
}

/** The file with the converter of failures; with keys, one whose failures have encoded texts. */
export function failureConverterPath({ keys }: Pick<Chain, 'keys'>): string {
  return pathOf(keys === undefined ? 'failure-converter' : 'encoding-failure-converter');
}

/** The part of the chain that is bundled with the workflows. */
export function workflowFailureConverterPath(): string {
  return pathOf('failure-converter');
}

function pathOf(name: string): string {
  // `.ts` under tsx and vitest, `.js` in a build
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));
}
