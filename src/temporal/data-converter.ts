import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  defaultPayloadConverter,
  type DataConverter,
  type LoadedDataConverter,
  type PayloadCodec,
} from '@temporalio/common';
import type { KeyRing } from '../encryption/key-ring.js';
import { failureConverter as encoding } from './encoding-failure-converter.js';
import { EncryptionCodec } from './encryption-codec.js';
import { failureConverter as plain } from './failure-converter.js';

/** Where data goes, and under which keys. */
interface Chain {
  readonly namespace: string;
  /** @default nothing is encrypted */
  readonly keys?: KeyRing | undefined;
  /** What payloads pass before they are encrypted. @default nothing */
  readonly payloadCodecs?: readonly PayloadCodec[] | undefined;
}

/**
 * The way of all data to Temporal and back: values become payloads, errors become failures, and payloads are encrypted.
 * The one chain: nothing else knows of it.
 */
export function dataConverter({ namespace, keys, payloadCodecs = [] }: Chain): LoadedDataConverter {
  return {
    payloadConverter: defaultPayloadConverter,
    failureConverter: keys === undefined ? plain : encoding,
    payloadCodecs: [...payloadCodecs, new EncryptionCodec(keys, namespace)],
  };
}

/** The same chain for workers, which load its parts by themselves. */
export function workerDataConverter(chain: Chain): DataConverter {
  const { payloadCodecs } = dataConverter(chain);
  return { failureConverterPath: failureConverterPath(chain), payloadCodecs };
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
