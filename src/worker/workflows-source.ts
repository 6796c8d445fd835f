import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions } from '@temporalio/worker';

/** Where the workflows come from: the bundle that the build made, else their source, which is bundled at start. */
export function workflowsSource(): Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'> {
  const bundle = fileURLToPath(new URL('../workflow-bundle.cjs', import.meta.url));
  return existsSync(bundle)
    ? { workflowBundle: { codePath: bundle } }
    : { workflowsPath: sourcePath('workflows/index') };
}

/** How failures become messages of Temporal's, in activities and, as part of their bundle, in workflows. */
export function dataConverter(): WorkerOptions['dataConverter'] & object {
  return { failureConverterPath: sourcePath('temporal/failure-converter') };
}

function sourcePath(name: string): string {
  // `.ts` under tsx and vitest, `.js` in a build
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`../${name}${extension}`, import.meta.url));
}
