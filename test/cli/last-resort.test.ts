import { expect, test } from 'vitest';
import { lastResort } from '../../src/cli/last-resort.js';
import { openLog } from '../../src/worker/logger.js';

test('exceptions that nothing caught are logged with the calls under way, begin the drain once, and come up in the end', () => {
  const lines: string[] = [];
  let stops = 0;
  const running = { stopped: Promise.resolve(), stop: () => (stops += 1), callIds: () => ['call-1', 'call-2'] };
  const { listener, rethrow } = lastResort(running, openLog('info', { write: (line) => void lines.push(line) }));
  rethrow();
  listener(new Error('write after end, Authorization: Bearer sk-planted-0123456789abcdef'));
  listener('another');
  expect(stops).toBe(1);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 60, callIds: ['call-1', 'call-2'], error: { message: expect.stringContaining('write after end') } },
    { level: 60, error: 'another' },
  ]);
  expect(lines.join()).not.toContain('sk-planted');
  expect(rethrow).toThrow('write after end');
});
