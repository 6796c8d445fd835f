import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lineBlocks, linesOf } from '../../src/batch/lines.js';
import { batchFolder, chat, readRows, row, type BatchFolder } from './folder.js';

let files: BatchFolder;

beforeAll(async () => {
  files = await batchFolder();
});
afterAll(() => files.remove());

/** Ways to damage a line, so that it is a bad row for sure. */
const DAMAGE: Record<string, (line: Buffer) => Buffer> = {
  'cut short': (line) => line.subarray(0, -1),
  'not UTF-8': (line) => Buffer.concat([line.subarray(0, 3), Buffer.from([0xff]), line.subarray(3)]),
  'two rows in a line': (line) => Buffer.concat([line, line]),
  'no id': (line) => Buffer.from(line.toString().replace('"custom_id"', '"custom_ID"')),
  'no object': () => Buffer.from('[]'),
  'another url': (line) => Buffer.from(line.toString().replace('/v1/chat', '/v2/chat')),
  'no prompt': (line) => Buffer.from(line.toString().replace('"messages"', '"message"')),
};

const lineEnd = fc.constantFrom('\n', '\r\n', '\n\n', '\n \n', '\n\r\n');
const damage = fc.option(fc.constantFrom(...Object.keys(DAMAGE)), { freq: 5 });
const line = fc.record({
  content: fc.string({ unit: 'grapheme', maxLength: 40 }),
  damage,
  lineEnd,
  twice: fc.boolean(),
});

describe('any file', () => {
  test('has exactly the problems that it was given, at the right lines, and loses no row', async () => {
    const input = fc.record({
      lines: fc.array(line, { minLength: 1, maxLength: 60 }),
      chunkRows: fc.integer({ min: 1, max: 25 }),
      mark: fc.boolean(),
      lastEnds: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ lines, chunkRows, mark, lastEnds }) => {
        const pieces: Buffer[] = mark ? [Buffer.from('\uFEFF')] : [];
        const badLines: number[] = [];
        const good: string[] = [];
        let lineNumber = 1;
        for (const [position, { content, damage, lineEnd, twice }] of lines.entries()) {
          const isRepeated = twice && position > 0 && damage === null;
          const id = isRepeated ? 'the same' : `id-${position}`;
          const whole = Buffer.from(row(id, chat(content)));
          pieces.push(damage === null ? whole : DAMAGE[damage]!(whole));
          if (damage !== null || (isRepeated && good.includes(id))) badLines.push(lineNumber);
          else good.push(id);
          const isLast = position === lines.length - 1;
          if (!isLast || lastEnds) pieces.push(Buffer.from(lineEnd));
          lineNumber += lineEnd.split('\n').length - 1;
        }
        const { index, problems } = await files.index(Buffer.concat(pieces), { chunkRows });
        expect(problems.map((problem) => problem.line)).toEqual(badLines);
        expect(index).toMatchObject({ problems: badLines.length, rows: lines.length });
        expect(index.groups['fast'] ?? 0).toBeGreaterThanOrEqual(good.length);
        if (badLines.length > 0) return;
        const rows = await readRows(index, files.folder);
        expect(rows.map(({ row: number, customId }) => [number, customId])).toEqual(good.map((id, at) => [at, id]));
        expect(rows.map(({ request }) => request)).toEqual(lines.map(({ content }) => chat(content)));
      }),
      { numRuns: 100 },
    );
  });

  test('is read to its end, whatever bytes it has', async () => {
    const fragments = fc.constantFrom(
      row('a'),
      row('b'),
      '{"custom_id":',
      '"\\ud800"',
      '\n',
      '\r',
      '[[[[',
      ']',
      '\0',
      '\u2028',
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
      fc.array(fragments, { maxLength: 30 }).map((parts) => Buffer.from(parts.join(''))),
      fc.json().map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => {
        const isPacked = content[0] === 0x1f && content[1] === 0x8b;
        const hasRows = /\S/.test(content.toString());
        fc.pre(!isPacked && hasRows);
        const { index, problems } = await files.index(content, { chunkRows: 3 });
        expect(index.bytes).toBe(content.length);
        expect(problems.length).toBe(index.problems);
        expect(index.problems).toBeLessThanOrEqual(index.rows);
        if (index.problems === 0) expect(await readRows(index, files.folder)).toHaveLength(index.rows);
      }),
      { numRuns: 200 },
    );
  });
});

describe('lines', () => {
  test('are the same, however the bytes come', async () => {
    const input = fc.record({
      text: fc.string({ unit: fc.constantFrom('a', 'ü', '\n', '\r', ' '), maxLength: 60 }),
      cuts: fc.array(fc.nat(80), { maxLength: 10 }),
      limit: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(input, async ({ text, cuts, limit }) => {
        const bytes = Buffer.from(text);
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        async function* blocks(): AsyncGenerator<Buffer> {
          for (const [at, end] of places.entries()) yield bytes.subarray(places[at - 1] ?? 0, end);
        }
        const found = [];
        for await (const lines of lineBlocks(blocks(), limit)) found.push(...lines);
        expect(found.map((one) => one.bytes?.toString() ?? null)).toEqual(
          linesOf(bytes).map((one) => (one.byteLength > limit ? null : one.bytes?.toString())),
        );
        expect(found.map((one) => [one.start, one.byteLength, one.isEnded])).toEqual(
          linesOf(bytes).map((one) => [one.start, one.byteLength, one.isEnded]),
        );
        expect(found.map((one) => one.head)).toEqual(linesOf(bytes).map((one) => one.head.subarray(0, limit)));
        const parts = text.split('\n');
        if (parts.at(-1) === '') parts.pop();
        expect(linesOf(bytes).map((one) => one.bytes?.toString())).toEqual(parts);
      }),
    );
  });
});
