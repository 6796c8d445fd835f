import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { discardParts, indexInput, openPart, type BatchSummary, type IndexProgress } from '../../src/batch/index.js';
import { batchFolder, chat, readRows, row, storage, type BatchFolder } from './folder.js';
import { shortRecord } from './record.js';

let files: BatchFolder;

beforeEach(async () => {
  files = await batchFolder();
});
afterEach(() => files.remove());

const rows = (count: number): string[] => Array.from({ length: count }, (_, number) => row(`id-${number}`));
const idsOf = async (index: Parameters<typeof readRows>[0]): Promise<string[]> =>
  (await readRows(index, files.folder)).map(({ customId }) => customId);

describe('what is known of an input', () => {
  test('rows, chunks, model groups, tokens, digest', async () => {
    const lines = [
      ...rows(23),
      row('other', { model: 'smart', input: 'four letters a token' }, { url: '/v1/embeddings' }),
    ];
    const text = `${lines.join('\n')}\n`;
    const { index, problems } = await files.index(text);
    expect(problems).toEqual([]);
    expect(index).toEqual({
      input: files.at('rows.jsonl'),
      rows: 24,
      bytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
      chunkRows: 10,
      chunks: 3,
      problems: 0,
      groups: { fast: 23, smart: 1 },
      promptTokens: Math.ceil((23 * 'userHello'.length) / 4 + 5),
    });
    const found = await readRows(index, files.folder);
    expect(found.map((one) => [one.row, one.chunk, one.group])).toEqual(
      lines.map((_, number) => [number, Math.floor(number / 10), number === 23 ? 'smart' : 'fast']),
    );
  });

  test.each([
    ['the line ends of Windows', rows(12).join('\r\n')],
    ['a byte order mark', `\uFEFF${rows(12).join('\n')}\n`],
    ['blank lines, before, between and after', `\n \t\n${rows(12).join('\n\r\n\n')}\n\n \n`],
    ['no line feed at the end', rows(12).join('\n')],
    [
      'byte order marks of files that were joined',
      `\uFEFF${rows(5).join('\n')}\n\uFEFF\uFEFF${rows(12).slice(5).join('\n')}`,
    ],
    ['a byte order mark on a blank line', `\uFEFF\n${rows(12).join('\n')}`],
  ])('%s changes nothing', async (_name, text) => {
    const { index, problems } = await files.index(text);
    expect(problems).toEqual([]);
    expect(await idsOf(index)).toEqual(rows(12).map((_, number) => `id-${number}`));
  });

  test.each(['', '\n\n', '\uFEFF', gzipSync('\n')])('nothing in it is refused (%j)', async (text) => {
    await expect(files.index(text)).rejects.toThrow(/rows\.jsonl: has no rows; put a request on each line, as JSON$/);
    expect(await readdir(join(files.path, 'batch'))).not.toContain('index.bin');
  });

  test('a chunk of large rows has fewer', async () => {
    const large = chat('x'.repeat(1_400_000));
    const lines = Array.from({ length: 30 }, (_, number) => row(`id-${number}`, large));
    const { index } = await files.index(lines.join('\n'), { chunkRows: 100 });
    expect(index).toMatchObject({ rows: 30, chunks: 3 });
    expect((await readRows(index, files.folder)).map(({ chunk }) => chunk)).toEqual(
      lines.map((_, number) => Math.floor(number / 12)),
    );
  });

  test('more models than can be listed are counted together', async () => {
    const lines = Array.from({ length: 1100 }, (_, number) =>
      row(`id-${number}`, { ...chat('x'), model: `m-${number}` }),
    );
    const { groups } = (await files.index(lines.join('\n'))).index;
    expect(Object.keys(groups)).toHaveLength(1001);
    expect(groups).toMatchObject({ 'm-999': 1, '*': 100 });
  });

  test('images in a prompt are not counted as text', async () => {
    const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(4000)}` } };
    const { index } = await files.index(row('a', { model: 'fast', messages: [{ role: 'user', content: [image] }] }));
    expect(index.promptTokens).toBeLessThan(10);
  });
});

describe('problems of an input', () => {
  test('each bad row with its line, its id and the reason; the others count', async () => {
    const text = [row('a'), '', '{', row('b', chat('x', { model: 'nobody' })), row('a'), row('c'), '7'].join('\n');
    const check = ({ model }: { model: string }) => (model === 'nobody' ? `no model group ${model}` : null);
    const { index, problems } = await files.index(text, { check });
    expect(problems).toEqual([
      { line: 3, custom_id: null, problem: expect.stringMatching(/^no valid JSON/) },
      { line: 4, custom_id: 'b', problem: 'no model group nobody' },
      { line: 5, custom_id: 'a', problem: 'custom_id: line 1 has the same' },
      { line: 7, custom_id: null, problem: 'expected an object, got 7' },
    ]);
    expect(index).toMatchObject({ rows: 6, problems: 4 });
    await expect(readRows({ ...index, problems: 0 }, files.folder)).rejects.toThrow(
      'row 2 cannot be run: no valid JSON',
    );
  });

  const pretty = (list: readonly string[]) => list.map((each) => JSON.stringify(JSON.parse(each), null, 2));
  test.each<[string, string | Buffer, RegExp]>([
    ['a JSON array', `[${rows(30).join(',')}]`, /is a JSON array.*JSONL/],
    ['a JSON array, a row a line', `\n\uFEFF [\n${rows(30).join(',\n')},\n]\n`, /is a JSON array/],
    [
      'a JSON array over many lines',
      JSON.stringify(
        rows(30).map((each) => JSON.parse(each) as unknown),
        null,
        2,
      ),
      /is a JSON array/,
    ],
    ['a JSON array, packed', gzipSync(`[\n${rows(3).join(',\n')}\n]`), /is a JSON array/],
    ['commas between the rows', rows(30).join(',\r\n'), /has commas behind its rows/],
    ['objects over many lines', pretty(rows(3)).join('\n'), /has an object over many lines/],
    ['one object with all rows', JSON.stringify({ requests: rows(3) }, null, 2), /has an object over many lines/],
    ['carriage returns only', rows(30).join('\r'), /has no line feeds/],
    ['line separators', rows(30).join('\u2028'), /has no line feeds/],
    ['UTF-16 with its mark', Buffer.from(`\uFEFF${rows(30).join('\r\n')}`, 'utf16le'), /is UTF-16/],
    ['UTF-16 without a mark', Buffer.from(rows(30).join('\n'), 'utf16le'), /is UTF-16/],
    ['UTF-16, the other way round', Buffer.from(`\uFEFF[${rows(3).join()}]`, 'utf16le').swap16(), /is UTF-16/],
    ['UTF-16, packed', gzipSync(Buffer.from(`\uFEFF${rows(30).join('\n')}`, 'utf16le')), /is UTF-16/],
    ['UTF-32', Buffer.from(rows(3).join('\n').replace(/./gsu, '$&\0\0\0')), /is UTF-32/],
    ['packed twice', gzipSync(gzipSync(rows(30).join('\n'))), /packed twice/],
    ['a zip archive', Buffer.from('PK\x03\x04 and so on'), /is a zip archive/],
    ['a table', 'custom_id,prompt\na,hello\nb,hello\n', /is no JSON/],
    ['a page', '<!doctype html>\n<html>\n<body>\n', /is no JSON/],
  ])('%s is one problem, which says so', async (_name, input, problem) => {
    const { index, problems } = await files.index(input);
    expect(problems).toEqual([{ line: 1, custom_id: null, problem: expect.stringMatching(problem) }]);
    expect(index).toMatchObject({ rows: 1, problems: 1, groups: {} });
  });

  test.each([
    ['like line ends', '}\u2028{"}, {'],
    ['like commas', '},{ "a": ['],
    ['like brackets', '[ {'],
  ])('texts %s are texts', async (_name, text) => {
    const { index, problems } = await files.index([row('a', chat(text)), row('b', chat(text))].join('\n'));
    expect(problems).toEqual([]);
    expect(index.rows).toBe(2);
  });

  test('a line that is too long is skipped over, not held, and the next one is read', async () => {
    const { index, problems } = await files.index(`${row('a')}\n${'x'.repeat(64 * 2 ** 20 + 1)}\n${row('b')}`);
    expect(problems).toEqual([
      { line: 2, custom_id: null, problem: 'the line has 67108865 bytes; at most 67108864 are read' },
    ]);
    expect(index).toMatchObject({ rows: 3, problems: 1, groups: { fast: 2 } });
  });

  test('all are counted, the first thousand listed', async () => {
    const { index, problems } = await files.index(Array.from({ length: 2500 }, () => '{}').join('\n'));
    expect(index.problems).toBe(2500);
    expect(problems.map(({ line }) => line)).toEqual(Array.from({ length: 1000 }, (_, number) => number + 1));
  });

  test('problems of an earlier check do not stay', async () => {
    await files.index('{}');
    expect((await files.index(row('a'))).problems).toEqual([]);
  });
});

describe('ids that stand twice', () => {
  test('in chunks that are written down and in the one that is not, before and after blank lines', async () => {
    const lines = ['', ...rows(25), '', row('id-3'), row('id-24'), row('id-30'), row('id-30')];
    const { problems } = await files.index(lines.join('\n'));
    expect(problems.map(({ line, problem }) => [line, problem])).toEqual([
      [28, 'custom_id: line 5 has the same'],
      [29, 'custom_id: line 26 has the same'],
      [31, 'custom_id: line 30 has the same'],
    ]);
  });

  test('a whole file twice: every second row, each with the line of the first', async () => {
    const { index, problems } = await files.index([...rows(800), ...rows(800)].join('\n'));
    expect(index.problems).toBe(800);
    for (const [number, problem] of problems.entries()) {
      expect(problem).toMatchObject({ line: 801 + number, problem: `custom_id: line ${number + 1} has the same` });
    }
  });

  test('one id a hundred thousand times is no hard case', async () => {
    const { index } = await files.index(`${row('same')}\n`.repeat(100_000));
    expect(index).toMatchObject({ rows: 100_000, problems: 99_999 });
  });

  test('ids with the same hash are told apart', async () => {
    const hash = (text: string, into: Uint32Array): void => {
      into[0] = 1;
      into[1] = text.length % 3;
    };
    const { problems } = await files.index([...rows(150), row('id-7'), row('id-149')].join('\n'), { hash });
    expect(problems).toEqual([
      { line: 151, custom_id: 'id-7', problem: 'custom_id: line 8 has the same' },
      { line: 152, custom_id: 'id-149', problem: 'custom_id: line 150 has the same' },
    ]);
  });

  test('the id of a bad row is taken', async () => {
    const { problems } = await files.index([row('a', {}), row('a')].join('\n'));
    expect(problems.map(({ line }) => line)).toEqual([1, 2]);
  });
});

describe('a folder that was used before', () => {
  const write = async (): Promise<void> => {
    const part = await openPart({ storage, folder: files.folder, chunk: 0, writer: 'w' });
    await part.append(shortRecord(0, 'answered', 'x'));
    await part.close();
  };
  const refused = {
    name: 'InputChangedError',
    message: expect.stringMatching(
      /rows\.jsonl: .*batch has results of an input that was not the same.*folder of its own$/,
    ),
  };

  test('takes the same input again, and another one as long as it has no results', async () => {
    await files.index(rows(25).join('\n'));
    const { index } = await files.index(rows(30).join('\n'));
    await write();
    expect((await files.index(rows(30).join('\n'))).index).toEqual(index);
  });

  test('takes no other input, nor other chunks, once it has results; its index stays', async () => {
    await files.index(rows(25).join('\n'));
    await write();
    await expect(files.index(rows(26).join('\n'))).rejects.toMatchObject(refused);
    await expect(files.index(rows(25).toReversed().join('\n'))).rejects.toMatchObject(refused);
    await expect(files.index('{}')).rejects.toMatchObject(refused);
    await expect(files.index(rows(25).join('\n'), { chunkRows: 5 })).rejects.toMatchObject(refused);
    const { index } = await files.index(rows(25).join('\n'));
    expect(await idsOf(index)).toHaveLength(25);
    await discardParts({ storage, folder: files.folder, summary: {} as BatchSummary });
    await expect(files.index(rows(26).join('\n'))).rejects.toMatchObject(refused);
  });
});

describe('a packed input', () => {
  test('is unpacked once, whatever its name, and read from there', async () => {
    const text = `${rows(30).join('\n')}\n`;
    const packed = Buffer.concat([gzipSync(text.slice(0, 1000)), gzipSync(text.slice(1000))]);
    const { index } = await files.index(packed);
    const plain = await files.index(text);
    expect(index).toEqual({ ...plain.index, input: `${files.folder}/input.jsonl` });
    expect(await files.text('batch/input.jsonl')).toBe(text);
    expect(await idsOf(index)).toHaveLength(30);
  });

  test('one that unpacks to far more than rows would: an error that says so, and no copy', async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, '\n'));
    await expect(files.index(bomb)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/rows\.jsonl: unpacks to more than 200 times its size/),
    });
    expect(await readdir(join(files.path, 'batch'))).toEqual([]);
    const packed = gzipSync(rows(30).join('\n'));
    await expect(files.index(packed, { maxUnpackedBytes: 1000 })).rejects.toThrow('unpacks to more than 1000 bytes');
    await expect(files.index(packed, { maxUnpackedBytes: 100_000 })).resolves.toMatchObject({ index: { rows: 30 } });
  });

  test.each([
    ['cut short', (packed: Buffer) => packed.subarray(0, -20)],
    ['damaged', (packed: Buffer) => Buffer.concat([packed.subarray(0, 50), Buffer.alloc(50), packed.subarray(100)])],
  ])('%s: an error that says so, and no copy', async (_name, damage) => {
    const packed = damage(gzipSync(rows(1000).join('\n')));
    await expect(files.index(packed)).rejects.toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/rows\.jsonl: packed by gzip, but damaged or cut short .*; pack it again$/),
    });
    expect(await readdir(join(files.path, 'batch')).catch(() => [])).toEqual([]);
  });

  test('that is gone is missing', async () => {
    const input = await files.input('x');
    await rm(join(files.path, 'rows.jsonl'));
    await expect(
      indexInput({ storage, input, folder: files.folder, chunkRows: 10, settings: {} }),
    ).rejects.toMatchObject({ name: 'StorageError', code: 'missing' });
  });
});

describe('while it is read', () => {
  test('progress is told, and the work can be ended', async () => {
    const text = `${rows(20_000).join('\n')}\n`;
    const seen: IndexProgress[] = [];
    await files.index(text, { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen.at(-1)).toEqual({ bytes: text.length, rows: 20_000, problems: 0 });
    const abort = new AbortController();
    const ended = files.index(text, { signal: abort.signal, onProgress: () => abort.abort(new Error('stop')) });
    await expect(ended).rejects.toThrow('stop');
    await expect(files.index(gzipSync(text), { signal: abort.signal })).rejects.toThrow('stop');
  });
});
