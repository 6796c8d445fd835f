import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const source = readFileSync(new URL('../../src/cli/keep-heap-small.ts', import.meta.url), 'utf8');

// One that it does not know is no error to V8, and does nothing.
it('sets a flag that the V8 of this Node has', () => {
  const [, flag = ''] = /setFlagsFromString\('(--[a-z-]+)=/.exec(source) ?? [];
  expect(execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })).toContain(`${flag} (`);
});
