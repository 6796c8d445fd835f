import type * as clientModule from '../src/client.js';
import type * as configModule from '../src/config/index.js';
import type * as workerModule from '../src/worker.js';

/** What is measured is the build, as it is installed: code that tsx compiles on the way is slower. */
export async function loadBuild() {
  const [worker, client, config] = await Promise.all([
    load<typeof workerModule>('worker.js'),
    load<typeof clientModule>('client.js'),
    load<typeof configModule>('config/index.js'),
  ]);
  return { ...worker, ...client, ...config };
}

async function load<Module>(file: string): Promise<Module> {
  return (await import(new URL(`../dist/${file}`, import.meta.url).href)) as Module;
}
