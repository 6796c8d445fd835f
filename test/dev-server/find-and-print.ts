// Looks for the CLI in a process of its own, with the wheels of the fake Python, and prints what it found.
import { findTemporalCli } from '../../src/dev-server/index.js';
import { FAKE_WHEELS } from './fake-programs.js';

const found = await findTemporalCli({ report: (line) => process.stderr.write(`${line}\n`), wheels: FAKE_WHEELS });
process.stdout.write(JSON.stringify(found));
