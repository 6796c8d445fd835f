// Runs a TypeScript file of this folder as a process of the benchmark. `node --import tsx` would run in every thread of
// a worker too, and its source maps make workflows slower than they are from a build.
import { register } from 'tsx/esm/api';

register();
process.setSourceMapsEnabled(false);
await import(new URL(process.argv[2], import.meta.url).href);
