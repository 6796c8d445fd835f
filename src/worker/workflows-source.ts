import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BundleOptions, WorkerOptions } from '@temporalio/worker';

/** Where the workflows come from: the bundle that the build made, else their source, which is bundled at start. */
export function workflowsSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath' | 'interceptors'> {
  const bundle = fileURLToPath(new URL('../workflow-bundle.cjs', import.meta.url));
  if (existsSync(bundle)) return { workflowBundle: { codePath: bundle } };
  const { workflowsPath, workflowInterceptorModules } = workflowParts();
  return { workflowsPath, interceptors: { workflowModules: workflowInterceptorModules } };
}

/** What a bundle of the workflows is made of. */
export function workflowParts() {
  return {
    workflowsPath: sourcePath('workflows/index'),
    workflowInterceptorModules: [sourcePath('workflows/query-guard')],
    ...dataConverter(),
  } satisfies BundleOptions;
}

/** How failures become messages of Temporal's, in activities and, as part of their bundle, in workflows. */
export function dataConverter() {
  return { failureConverterPath: sourcePath('temporal/failure-converter') };
}

function sourcePath(name: string): string {
  // `.ts` under tsx and vitest, `.js` in a build
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`../${name}${extension}`, import.meta.url));
}
