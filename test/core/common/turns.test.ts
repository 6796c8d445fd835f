import { expect, test } from 'vitest';
import { Turns } from '../../../src/core/common/turns.js';

test('so many are at it at once, the others in the order they came, also after one that failed', async () => {
  const turns = new Turns(2);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const take = (name: string): Promise<string> =>
    turns.take(async () => {
      begun.push(name);
      await new Promise<void>((resolve, reject) => {
        ends.set(name, (error) => (error === undefined ? resolve() : reject(error)));
      });
      return name;
    });
  const [first, second, third, fourth] = ['first', 'second', 'third', 'fourth'].map(take);
  expect(begun).toEqual(['first', 'second']);
  ends.get('second')?.(new Error('failed'));
  await expect(second).rejects.toThrow('failed');
  expect(begun).toEqual(['first', 'second', 'third']);
  ends.get('first')?.();
  expect(await first).toBe('first');
  ends.get('third')?.();
  await third;
  expect(begun).toEqual(['first', 'second', 'third', 'fourth']);
  ends.get('fourth')?.();
  expect(await fourth).toBe('fourth');
  // Turns that nobody waited for are free again.
  ['fifth', 'sixth', 'seventh'].forEach((name) => void take(name));
  expect(begun.slice(4)).toEqual(['fifth', 'sixth']);
});
