import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DataConverter, LoadedDataConverter, PayloadCodec, PayloadConverter } from '@temporalio/common';
import { systemClock } from '../clock.js';
import type { KeyRing } from '../encryption/key-ring.js';
import type { ExternalPlace } from '../external-storage/external-place.js';
import { PayloadStore } from '../external-storage/payload-store.js';
import { openStorage } from '../storage/index.js';
import { failureConverter as encoding } from './encoding-failure-converter.js';
import { EncryptionCodec } from './encryption-codec.js';
import { ExternalStorageCodec } from './external-storage-codec.js';
import { failureConverter as plain } from './failure-converter.js';
import { payloadConverter as plainConverter } from './json-converter.js';
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
  /**
   * Whether payloads say what their workflows only hand on, and workers leave that out for workflows that know of it. @default
   * where no codec of others makes something else of payloads
   */
  readonly hasOutlines?: boolean | undefined;
}

/**
 * The way of all data to Temporal and back: values become payloads, errors become failures, large payloads go to external
 * storage, and payloads are encrypted. The one chain: nothing else knows of it.
 */
export function dataConverter(chain: Chain): LoadedDataConverter {
  return {
    payloadConverter: payloadConverterOf(chain),
    failureConverter: chain.keys === undefined ? plain : encoding,
    payloadCodecs: codecsOf(chain),
  };
}

function codecsOf(
  { namespace, keys, payloadCodecs = [], externalStorage }: Chain,
  { givesOutlines = false } = {},
): PayloadCodec[] {
  const { location: place, notices } = externalStorage ?? {};
  const store = new PayloadStore({ storage: openStorage(), place, namespace, keys, clock: systemClock, notices });
  const outside = new ExternalStorageCodec(store, externalStorage, { givesOutlines });
  return [...payloadCodecs, outside, new EncryptionCodec(keys, namespace)];
}

/** How values become payloads: the part of the chain that comes first. */
export function payloadConverterOf(chain: Chain): PayloadConverter {
  return hasOutlines(chain) ? payloadConverter : plainConverter;
}

function hasOutlines({ hasOutlines: given, payloadCodecs = [] }: Chain): boolean {
  return given ?? payloadCodecs.length === 0;
}

/**
 * The same chain for workers, which load its parts by themselves. What their workflows only hand on is not read for them: they have
 * a payload converter of their own, which knows of that.
 */
export function workerDataConverter(chain: Chain): DataConverter {
  const givesOutlines = hasOutlines(chain);
  return {
    payloadConverterPath: pathOf(givesOutlines ? 'payload-converter' : 'json-converter'),
    failureConverterPath: failureConverterPath(chain),
    payloadCodecs: codecsOf(chain, { givesOutlines }),
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
