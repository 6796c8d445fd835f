import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { assembleOutput, discardParts, indexInput, openPart, readRow } from '../../src/batch/index.js';
import { skipWithout } from '../helpers/requirements.js';
import { makeS3Bucket, type S3Bucket } from '../helpers/s3-bucket.js';
import { chat, parseLines, readRows, row, storage } from './folder.js';
import { shortRecord } from './record.js';

describe.skipIf(skipWithout('python-moto'))('a batch in a bucket', () => {
  let s3: S3Bucket;
  const at = (name: string): string => `s3://${s3.bucket}/some folder/${name}`;
  const text = async (name: string): Promise<string> =>
    Buffer.concat((await (await storage.read(at(name))).toArray()) as Buffer[]).toString();

  beforeAll(async () => {
    s3 = await makeS3Bucket();
    for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
  });
  afterAll(() => void vi.unstubAllEnvs());

  const lines = Array.from({ length: 60 }, (_, number) => row(`id-${number}`, chat(`${number} `.repeat(20_000))));

  test.each([
    ['plain', (content: string) => Buffer.from(content), 'rows.jsonl'],
    ['packed', (content: string) => gzipSync(content), 'batch/input.jsonl'],
  ])('%s: checked, read by range, written by several, put together', async (_name, pack, readFrom) => {
    await storage.write(at('rows.jsonl'), Readable.from([pack(`${lines.join('\n')}\n${row('id-3')}`)]));
    const options = { storage, input: at('rows.jsonl'), folder: at('batch'), chunkRows: 25, settings: {} };
    expect(await indexInput(options)).toMatchObject({ rows: 61, problems: 1 });
    expect(parseLines(await text('batch/problems.jsonl'))).toMatchObject([{ line: 61, custom_id: 'id-3' }]);

    await storage.write(at('rows.jsonl'), Readable.from([pack(lines.join('\n'))]));
    const index = await indexInput(options);
    expect(index).toMatchObject({ input: at(readFrom), rows: 60, chunks: 3, problems: 0 });
    const rows = await readRows(index, at('batch'));
    expect(rows.map(({ customId }) => customId)).toEqual(lines.map((_, number) => `id-${number}`));
    expect(await readRow({ storage, input: index.input, ref: rows[31]!, settings: {} })).toEqual(rows[31]);

    for (const writer of ['a', 'b']) {
      for (let chunk = 0; chunk < index.chunks; chunk++) {
        const part = await openPart({ storage, folder: at('batch'), chunk, writer });
        const its = rows.filter(
          (one) => one.chunk === chunk && (writer === 'a' ? one.row % 2 === 0 : one.row % 2 === 1),
        );
        const records = its.map((one) => shortRecord(one.row, one.row === 7 ? 'failed' : 'answered', `${one.row}`));
        await Promise.all(records.map((record) => part.append(record)));
        await part.close();
      }
    }
    const output = { storage, folder: at('batch'), out: at('out'), index, partial: false };
    const summary = await assembleOutput(output);
    expect(summary).toMatchObject({ answered: 59, failed: 1, notRun: 0 });
    expect(parseLines(await text('out/output.jsonl'))).toEqual(
      rows.filter((one) => one.row !== 7).map((one) => `${one.row}`),
    );
    expect(parseLines(await text('out/errors.jsonl'))).toEqual(['7']);
    await discardParts({ storage, folder: at('batch'), summary });
    expect(await assembleOutput(output)).toEqual(summary);
    await storage.remove(at('batch'));
    const left: string[] = [];
    for await (const location of storage.list(at('batch'))) left.push(location);
    expect(left).toEqual([]);
  });
});
