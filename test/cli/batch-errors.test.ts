import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answeredRecord, failedRecord, indexInput, openPart, type RowRecord } from '../../src/batch/index.js';
import { batchFolder } from '../../src/core/batch/batch.js';
import type { ErrorKind } from '../../src/core/errors/error-kinds.js';
import { openStorage, toLocation } from '../../src/storage/index.js';
import { report } from '../batch/record.js';
import { testRows, writeBatch } from '../helpers/batch.js';
import { runCli } from './run-cli.js';

const CONTEXT = { batchId: 'b', round: 1 };
const storage = openStorage();

/** The output folder of a batch that runs, with what is written of its rows. */
async function runningBatch(written: readonly RowRecord[]): Promise<string> {
  const files = await writeBatch(testRows(8, ['good']));
  const folder = batchFolder(toLocation(files.output, '/'));
  const input = toLocation(files.input, '/');
  const chunkRows = 4;
  await indexInput({ storage, input, folder, chunkRows, settings: {} });
  for (const record of written) {
    const { row } = record.facts;
    const part = await openPart({ storage, folder, chunk: Math.floor(row / chunkRows), writer: `row-${row}` });
    await part.append(record);
    await part.close();
  }
  return join(files.folder, 'out');
}

const failed = (row: number, kind: ErrorKind, message: string) =>
  failedRecord({ row, customId: `row-${row}` }, { kind, status: 400, message, report: null }, CONTEXT);
const answered = (row: number) =>
  answeredRecord({ row, customId: `row-${row}` }, { response: {}, report: report([]) }, CONTEXT);

describe('batch errors, without a server', () => {
  test('shows each kind with the number of its rows, and the first of them', async () => {
    const output = await runningBatch([
      failed(5, 'RateLimitError', 'slow down'),
      ...[7, 1, 2, 3].map((row) => failed(row, 'BadRequestError', `no\n${row}`)),
      answered(0),
    ]);
    expect(await runCli(['batch', 'errors', output])).toMatchObject({
      code: 0,
      stdout: [
        'BadRequestError: 4 rows',
        '  row-1: no 1',
        '  row-2: no 2',
        '  row-3: no 3',
        '  … and 1 more',
        'RateLimitError: 1 row',
        '  row-5: slow down',
        '',
      ].join('\n'),
    });
    const { stdout } = await runCli(['batch', 'errors', output, '--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { kind: 'BadRequestError', rows: 4, first: [{ customId: 'row-1' }, {}, {}] },
      { kind: 'RateLimitError', rows: 1, first: [{ customId: 'row-5', message: 'slow down' }] },
    ]);
  });

  test('a row that was answered after all is none of them', async () => {
    const output = await runningBatch([failed(1, 'BadRequestError', 'no'), answered(1)]);
    expect(await runCli(['batch', 'errors', output])).toMatchObject({ code: 0, stdout: 'no row has failed\n' });
  });
});
