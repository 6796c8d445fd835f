import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultPayloadConverter, type DataConverter, type LoadedDataConverter } from '@temporalio/common';
import type { KeyRing } from '../encryption/key-ring.js';
import { failureConverter as encoding } from './encoding-failure-converter.js';
import { EncryptionCodec } from './encryption-codec.js';
import { failureConverter as plain } from './failure-converter.js';

/** Where data goes, and under which keys. */
interface Chain {
  readonly namespace: string;
  /** @default nothing is encrypted */
  readonly keys?: KeyRing | undefined;
}

/**
 * The way of all data to Temporal and back: values become payloads, errors become failures, and payloads are encrypted.
 * The one chain: nothing else knows of it.
 */
export function dataConverter({ namespace, keys }: Chain): LoadedDataConverter {
  return {
    payloadConverter: defaultPayloadConverter,
    failureConverter: keys === undefined ? plain : encoding,
    payloadCodecs: [new EncryptionCodec(keys, namespace)],
  };
}

/** The same chain for workers, which load its parts by themselves. */
export function workerDataConverter({ namespace, keys }: Chain): DataConverter {
  const { payloadCodecs } = dataConverter({ namespace, keys });
  const name = keys === undefined ? 'failure-converter' : 'encoding-failure-converter';
  return { failureConverterPath: pathOf(name), payloadCodecs };
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
