import { expect, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.js';

test.each([
  ['an error kind that does not exist', 'list --kind RateLimitErr', 'Did you mean RateLimitError? There are: '],
  ['a state of calls that are retried', 'list --retrying a --state failed', 'leave --state out'],
  ['a gate of calls that are retried', 'list --retrying a --gate b', 'say --retrying or --gate'],
  ['an action without a reason', 'skip call-1', 'say --why'],
  ['an action on no calls', 'skip --why x', 'name the calls by their ids, or find them'],
  ['an action on calls by ids and by a filter', 'skip call-1 --older 1h --why x', 'by their ids, or find them'],
])('%s is refused before any server is asked, with what to do', async (_what, line, says) => {
  const said: string[] = [];
  const write = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  const error = vi.spyOn(console, 'error').mockImplementation((text) => void said.push(String(text)));
  const code = await runProgram(['node', 'holdfast', ...line.split(' '), '--address', '127.0.0.1:1']);
  write.mockRestore();
  error.mockRestore();
  expect(said.join('')).toContain(says);
  expect(code).toBe(2);
});
