import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Runtime, type BundleOptions, type WorkflowBundleOption } from '@temporalio/worker';
import { workflowFailureConverterPath } from '../temporal/data-converter.js';
import { ENCODES_TEXTS } from '../temporal/failure-converter.js';

/** Bundles of the workflows: with traces they are half as large again, so there are two. */
export const BUNDLES = {
  plain: { file: 'workflow-bundle.cjs', interceptors: ['workflows/interceptors'] },
  traced: { file: 'traced-workflow-bundle.cjs', interceptors: ['workflows/interceptors', 'workflows/traces'] },
} as const;

/** The workflows: the bundle that the build made, else one of their source, made now. */
export async function workflowBundle(name: keyof typeof BUNDLES): Promise<WorkflowBundleOption> {
  const codePath = fileURLToPath(new URL(`../${BUNDLES[name].file}`, import.meta.url));
  if (existsSync(codePath)) return { codePath };
  return bundleWorkflowCode({ ...workflowParts(name), logger: Runtime.instance().logger });
}

/** What a bundle of the workflows is made of. */
export function workflowParts(name: keyof typeof BUNDLES = 'plain'): BundleOptions {
  return {
    workflowsPath: sourcePath('workflows/index'),
    workflowInterceptorModules: BUNDLES[name].interceptors.map(sourcePath),
    payloadConverterPath: sourcePath('workflows/payload-converter'),
    failureConverterPath: workflowFailureConverterPath(),
    preloadModules: rules(),
    // Lines, not the sources themselves: each worker reads and parses it all when it starts.
    webpackConfigHook: (config) => ({ ...config, devtool: 'inline-nosources-cheap-module-source-map' }),
  };
}

/**
 * The modules of the rules. They have no state, so all workflows of a worker share them, frozen: else each that is kept in
 * memory has its own, a fifth of a megabyte, and evaluates them when it begins.
 */
function rules(): string[] {
  const folder = fileURLToPath(new URL('../core', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /(?<!\.d)\.[jt]s$/.test(file))
    .toSorted()
    .map((file) => join(folder, file));
}

/** The same bundle, whose failures keep their texts in payloads. */
export async function withEncodedTexts(bundle: WorkflowBundleOption): Promise<WorkflowBundleOption> {
  const code = 'code' in bundle ? bundle.code : await readFile(bundle.codePath, 'utf8');
  // In its first line, so that lines stay where its source map has them.
  return { code: `globalThis.${ENCODES_TEXTS} = true; ${code}` };
}

/** Of a file of this package, as it is run: of the build, or of the source. */
export function sourcePath(name: string): string {
  // `.ts` under tsx and vitest, `.js` in a build
  const extension = extname(fileURLToPath(import.meta.url));
  return fileURLToPath(new URL(`../${name}${extension}`, import.meta.url));
}
