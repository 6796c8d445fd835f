import { describe, expect, test } from 'vitest';
import { MAX_PAYLOAD_BYTES } from '../../src/core/common/limits.js';
import { ChoicesAssembler } from '../../src/providers/stream/choices-assembler.js';
import { StreamReader } from '../../src/providers/stream/stream-reader.js';

const open = () => new StreamReader(new ChoicesAssembler('messages'), []);
const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

describe('what is too large to be kept', () => {
  const long = 'x'.repeat(100_000);

  test('an answer, as soon as it is', () => {
    const reader = open();
    let taken = 0;
    while (reader.take(chunk({ content: long }))) taken += 1;
    expect(taken).toBeLessThan(40);
    expect(reader.end()).toMatchObject({ type: 'broken', cause: { type: 'answer too large' } });
  });

  test('an event that never ends', () => {
    const reader = open();
    reader.take('data: ');
    let taken = 0;
    while (reader.take(long)) taken += long.length;
    expect(taken).toBeLessThan(5 * MAX_PAYLOAD_BYTES);
  });

  test('but not a short answer in very many chunks', () => {
    const reader = open();
    for (let count = 0; count < 60_000; count += 1) expect(reader.take(chunk({ content: 'abc' }))).toBe(true);
    reader.take(chunk({}, 'stop'));
    expect(reader.end().type).toBe('answer');
  });
});
