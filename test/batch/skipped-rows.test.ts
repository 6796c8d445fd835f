import { afterEach, beforeEach, expect, test } from 'vitest';
import { readParts, readRecordLine, type RowCall } from '../../src/batch/index.js';
import { MAX_LINE_BYTES } from '../../src/batch/lines.js';
import { batchFolder, chat, readRows, row, storage, type BatchFolder } from './folder.js';

let files: BatchFolder;
beforeEach(async () => {
  files = await batchFolder();
});
afterEach(() => files.remove());

const skipped = { batchId: 'b', round: 1 };
const check = ({ model }: RowCall) => (model === 'nobody' ? 'no such model' : null);

test('rows that cannot be run have failed, each with its line, and the others are read', async () => {
  const lines = [
    row('good-1'),
    'nonsense',
    '',
    row('unknown', chat('hi', { model: 'nobody' })),
    row('good-1'),
    row('long', chat('x'.repeat(MAX_LINE_BYTES))),
    row('good-2'),
    '{}',
  ];
  const { index, problems } = await files.index(lines.join('\n'), { chunkRows: 4, check, skipped });
  expect(index).toMatchObject({ rows: 7, chunks: 3, problems: 5 });
  expect(problems).toHaveLength(5);
  const found = new Map<number, unknown>();
  for (const chunk of [0, 1, 2]) {
    for (const [number, record] of await readParts({ storage, folder: files.folder, chunk })) {
      expect(record.facts).toMatchObject({ state: 'failed', kind: 'BadRequestError', attempts: 0 });
      const { custom_id, error } = JSON.parse(await readRecordLine(storage, record)) as Record<string, object>;
      found.set(number, [custom_id, error]);
    }
  }
  const code = 'BadRequestError';
  expect(Object.fromEntries(found)).toEqual({
    1: [null, { code, message: expect.stringMatching(/^line 2: no valid JSON/) }],
    2: ['unknown', { code, message: 'line 4: no such model' }],
    3: ['good-1', { code, message: 'line 5: custom_id: line 1 has the same' }],
    4: [null, { code, message: expect.stringMatching(/^line 6: the line has \d+ bytes/) }],
    6: [null, { code, message: expect.stringMatching(/^line 8: custom_id: missing/) }],
  });
  // What is wrong with a row by itself is left out; the others have their end already.
  expect((await readRows(index, files.folder)).map(({ row: number }) => number)).toEqual([0, 2, 3, 5]);
});

test('an input that is none as a whole is refused all the same', async () => {
  await expect(files.index('[{"custom_id": "a"}]', { skipped })).rejects.toThrow('is a JSON array');
});
