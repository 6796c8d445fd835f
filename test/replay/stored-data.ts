import { createCipheriv } from 'node:crypto';
import { mkdtemp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { KeyRing } from '../../src/encryption/key-ring.js';
import { encryptFile } from '../../src/encryption/encrypted-file.js';
import { encryptText } from '../../src/encryption/encrypted-text.js';
import { PayloadStore, type Reference } from '../../src/external-storage/payload-store.js';
import { openStorage } from '../../src/storage/index.js';
import { EncryptionCodec } from '../../src/temporal/encryption-codec.js';
import { payloadConverter } from '../../src/temporal/payload-converter.js';
import { testRing } from '../helpers/encryption.js';

/** What a release stores beside histories, made of the texts below under the key `one`. Binary data is in base64. */
export interface StoredData {
  /** A payload in Temporal. */
  readonly payload: { readonly metadata: Readonly<Record<string, string>>; readonly data: string };
  /** A line of a part of a batch. */
  readonly line: string;
  readonly file: string;
  readonly external: Readonly<Record<Way, ExternalData>>;
}

/** A payload in external storage. */
interface ExternalData {
  /** Files of the small one, by their places below the storage's own. */
  readonly files: Readonly<Record<string, string>>;
  readonly small: readonly string[];
  /** Of the large one the names tell what is in its pieces. */
  readonly large: readonly string[];
}

const WAYS = ['plain', 'encrypted'] as const;
type Way = (typeof WAYS)[number];

export const NAMESPACE = 'default';
export const DAY = '2026-11-29';
export const WORKFLOW_ID = 'a call';
export const VALUE = { text: 'what nobody shall read: äöü 🙂' };
const SMALL = Buffer.from(JSON.stringify(VALUE));
/** Without a pattern, the same each time. */
const LARGE = createCipheriv('aes-256-ctr', Buffer.alloc(32, 3), Buffer.alloc(16)).update(Buffer.alloc(3_000_000));

/** What today's code stores. */
export async function storeData(): Promise<StoredData> {
  const keys = testRing('one');
  const [payload] = await new EncryptionCodec(keys, NAMESPACE).encode([payloadConverter.toPayload(VALUE)]);
  const entries = Object.entries(payload?.metadata ?? {});
  const key = await keys?.current();
  return {
    payload: {
      metadata: Object.fromEntries(entries.map(([name, bytes]) => [name, base64(bytes)])),
      data: base64(payload?.data ?? new Uint8Array()),
    },
    line: encryptText(key, JSON.stringify(VALUE)),
    file: base64(await buffer(Readable.from(encryptFile(keys, Readable.from([SMALL]))))),
    external: { plain: await storeExternally(undefined), encrypted: await storeExternally(keys) },
  };
}

async function storeExternally(keys: KeyRing | undefined): Promise<ExternalData> {
  return inFolder(async (folder) => {
    const store = storeIn(folder, keys);
    const { pieces: small } = await store.write(placeOf(folder), [SMALL], WORKFLOW_ID);
    const files = await filesIn(folder);
    const { pieces: large } = await store.write(placeOf(folder), [LARGE], WORKFLOW_ID);
    return { files, small, large };
  });
}

/** Reads the small payload as a release has stored it. */
export async function readExternally({ files, small }: ExternalData, keys: KeyRing | undefined): Promise<unknown> {
  return inFolder(async (folder) => {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), content, 'base64');
    }
    const reference: Reference = { place: placeOf(folder), day: DAY, workflowId: WORKFLOW_ID, pieces: small };
    const bytes = await storeIn(folder, keys).read(reference);
    return JSON.parse(Buffer.from(bytes).toString());
  });
}

function storeIn(folder: string, keys: KeyRing | undefined): PayloadStore {
  const clock = { now: () => Date.parse(DAY), sleep: async () => undefined };
  return new PayloadStore({ storage: openStorage(), place: placeOf(folder), namespace: NAMESPACE, keys, clock });
}

async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map(async (path) => [relative(folder, path), base64(await readFile(path))] as const);
  return Object.fromEntries(await Promise.all(files));
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-stored-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function placeOf(folder: string): string {
  return pathToFileURL(folder).href;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
