import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

/** Where the workflows come from: the bundle that the build made, else their source, which is bundled at start. */
export function workflowsSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const bundle = fileURLToPath(new URL('../workflow-bundle.cjs', import.meta.url));
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } };
  // `.ts` under tsx and vitest, `.js` in a build without a bundle
  const extension = extname(fileURLToPath(import.meta.url));
  return { workflowsPath: fileURLToPath(new URL(`../workflows/index${extension}`, import.meta.url)) };
}
