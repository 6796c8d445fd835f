import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { RefusedRequests } from '../../src/gateway/audit.js';
import { openLog } from '../../src/worker/logger.js';

function refusing(level: string) {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write: (line: Buffer, _, done) => done(void lines.push(JSON.parse(String(line)) as Record<string, unknown>)),
  });
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const refused = new RefusedRequests({ log: openLog(level, destination), clock });
  const request = { requestId: 'req_1', method: 'POST', route: '/v1/chat/completions', why: 'it is not known' };
  const tell = (caller = 'anonymous') => refused.tell({ ...request, refused: 'unknown key', caller });
  return { lines, clock, tell };
}

test('a line says who was not let in, where, and why, whatever the level of the log', () => {
  const { lines, tell } = refusing('error');
  tell('nightly');
  expect(lines).toMatchObject([
    {
      audit: 'admission',
      refused: 'unknown key',
      caller: 'nightly',
      route: '/v1/chat/completions',
      requestId: 'req_1',
    },
  ]);
});

test('a log that is silent stays so', () => {
  const { lines, tell } = refusing('silent');
  tell();
  expect(lines).toEqual([]);
});

test('of a flood a few lines a minute are written, and how many were not; those of another key are', () => {
  const { lines, clock, tell } = refusing('warn');
  for (let count = 0; count < 1000; count += 1) tell();
  tell('nightly');
  expect(lines).toHaveLength(11);
  clock.nowMs = 60_000;
  tell();
  expect(lines).toHaveLength(12);
  expect(lines[11]).toMatchObject({ caller: 'anonymous', unlogged: 990 });
});
