#!/usr/bin/env node
// `npx holdfast` in the clone: the compiled program, on a Node that is new enough.
import './on-node.mjs';

await import('../dist/cli/main.js');
