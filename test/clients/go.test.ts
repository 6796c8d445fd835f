import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GO_PROGRAMS, makeGoProgram, type GoProgramName } from '../../scripts/go/programs.js';
import type { TestGateway } from '../helpers/gateway.js';
import { skipWithout } from '../helpers/requirements.js';
import { TIMED } from '../helpers/timed.js';
import { BROKEN, openForClients, RIGHT } from './scripted.js';

/** Where nobody has built the programs before: those of OpenAI's newest client take minutes on two cores. */
const BUILD_MS = 1_200_000;

describe.skipIf(skipWithout('go'))('clients for Go', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await openForClients();
  });
  afterAll(() => gateway.close());

  test.each(Object.keys(GO_PROGRAMS) as GoProgramName[])(
    '%s: text, streams, comments, tools, embeddings, and an error in a stream by its own text',
    // The error must come before the stream is silent for so long that a comment does.
    { timeout: BUILD_MS, ...TIMED },
    async (name) => {
      const program = await makeGoProgram(name, () => undefined);
      const { stdout } = await promisify(execFile)(program, [gateway.url]);
      const results = JSON.parse(stdout) as Record<string, string | undefined>;
      const { 'error of broken': error, ...others } = results;
      if (error !== undefined) expect(error).toContain(BROKEN);
      const asked = Object.entries(RIGHT).filter(([what]) => what in results);
      expect(others).toEqual(Object.fromEntries(asked));
    },
  );
});
