import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { decryptText } from '../../src/encryption/encrypted-text.js';
import { openFiles, toLocation } from '../../src/storage/index.js';
import { EncryptionCodec } from '../../src/temporal/encryption-codec.js';
import { payloadConverter } from '../../src/temporal/payload-converter.js';
import { testRing } from '../helpers/encryption.js';
import { NAMESPACE, readExternally, storeData, VALUE, type StoredData } from './stored-data.js';

/**
 * What earlier releases have stored encrypted, and in external storage: today's code reads it. Record that of a release with
 * `RECORD_HISTORIES=1 npm test -- test/replay`.
 */
const FOLDER = new URL('stored/', import.meta.url);

if (process.env['RECORD_HISTORIES'] === '1') {
  const file = new URL(`${packageJson.version}.json`, FOLDER);
  writeFileSync(file, `${JSON.stringify(await storeData(), undefined, 2)}\n`);
}

const RELEASES = readdirSync(FOLDER).map(
  (file) => [file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as StoredData] as const,
);

const keys = testRing('two', 'one');

describe.each(RELEASES)('of what %s has stored', (_file, stored) => {
  test('a payload in Temporal is read', async () => {
    const { metadata, data } = stored.payload;
    const entries = Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')]);
    const payload = { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') };
    const [read] = await new EncryptionCodec(keys, NAMESPACE).decode([payload]);
    expect(read && payloadConverter.fromPayload(read)).toEqual(VALUE);
  });

  test('a line of a part of a batch is read', async () => {
    expect(JSON.parse(String(await decryptText(keys, Buffer.from(stored.line))))).toEqual(VALUE);
  });

  test('a file is read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-stored-'));
    await writeFile(join(folder, 'file'), stored.file, 'base64');
    const read = await buffer(await openFiles(keys).read(toLocation('file', folder)));
    await rm(folder, { recursive: true });
    expect(JSON.parse(String(read))).toEqual(VALUE);
  });

  test.each(['plain', 'encrypted'] as const)('a payload in external storage is read, %s', async (way) => {
    expect(await readExternally(stored.external[way], keys)).toEqual(VALUE);
  });

  test('payloads go to external storage as before, byte for byte: the name of a piece is the digest of what is in it', async () => {
    expect((await storeData()).external).toEqual(stored.external);
  });
});
