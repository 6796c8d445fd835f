#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { runProgram } from './program.js';

// A fifth of what a worker's start costs is compiling its modules, the same each time. They are kept in the folder for
// temporary files; where that cannot be written, nothing is kept.
enableCompileCache();

// A reader that goes away, `head` for instance, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runProgram(process.argv);
// What is still open, the long poll of a call that is not followed any more or a worker whose server died, must not
// keep the program alive.
setTimeout(() => process.exit(), 200).unref();
