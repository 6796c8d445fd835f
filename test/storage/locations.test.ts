import { describe, expect, test } from 'vitest';
import { locationIn, StorageError, toLocation } from '../../src/storage/index.js';

describe('locations', () => {
  test.each([
    ['rows.jsonl', 'file:///work/rows.jsonl'],
    ['../rows.jsonl', 'file:///rows.jsonl'],
    ['/data/out/', 'file:///data/out'],
    ['/data/with space/#1', 'file:///data/with%20space/%231'],
    ['/', 'file:///'],
    ['file:///data/a%20b/', 'file:///data/a%20b'],
    ['FILE:///data/../x', 'file:///x'],
    ['s3://bucket/some/key.jsonl', 's3://bucket/some/key.jsonl'],
    ['S3://bucket/folder/', 's3://bucket/folder'],
    ['s3://bucket', 's3://bucket/'],
    ['s3://bucket/a b?c#d', 's3://bucket/a b?c#d'],
    ['a:b', 'file:///work/a:b'],
  ])('%s is %s', (text, location) => {
    expect(toLocation(text, '/work')).toBe(location);
    expect(toLocation(location, '/work')).toBe(location);
  });

  test.each([
    ['https://example.com/rows.jsonl', 'expected a path, file:///… or s3://bucket/…, got https://'],
    ['gs://bucket/rows.jsonl', 'got gs://'],
    ['s3://', 'got no bucket'],
    ['s3:///key', 'got no bucket'],
  ])('%s is refused', (text, message) => {
    expect(() => toLocation(text, '/work')).toThrow(message);
  });

  test('names in a folder', () => {
    expect(locationIn('file:///data', 'parts', 'a b')).toBe('file:///data/parts/a%20b');
    expect(locationIn('file:///', 'x')).toBe('file:///x');
    expect(locationIn('s3://bucket/', 'a b')).toBe('s3://bucket/a b');
    expect(locationIn('s3://bucket/key', 'a', 'b')).toBe('s3://bucket/key/a/b');
  });

  test('people see paths, and what to do', () => {
    const error = new StorageError('full', 'write', 'file:///a%20b', new Error('ENOSPC: no space left'));
    expect(error.message).toBe('cannot write /a b: ENOSPC: no space left; free some space, or name another place');
  });
});
