// Compiles src to dist, bundles the workflows, lists what they are made of, and makes `npx holdfast` work in the clone. With --if-stale only when dist is older than src.
import './on-node.mjs';
import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { billOfMaterials } from './bill-of-materials.mjs';
import { commonJsView } from './commonjs-view.mjs';
import { linkPrograms } from './link-programs.mjs';
import { isMain, ROOT, runQuietly } from './run.mjs';
import { vendor } from './vendor.mjs';

const DIST = join(ROOT, 'dist');
const STAMP_NAME = '.built';
/** Its time is that of the last complete build. */
const STAMP = join(DIST, STAMP_NAME);
const SOURCES = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package.json'];

function newestChange(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  // A folder's own time tells of files that were removed.
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

function isStale() {
  if (!existsSync(STAMP)) return true;
  return Math.max(...SOURCES.map((name) => newestChange(join(ROOT, name)))) > statSync(STAMP).mtimeMs;
}

/** A worker that finds its workflows bundled starts in a third of the time. */
async function bundleWorkflows(dist) {
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { BUNDLES, workflowParts } = await import(pathToFileURL(join(dist, 'worker', 'workflows-source.js')).href);
  for (const [name, { file }] of Object.entries(BUNDLES)) {
    const { code } = await bundleWorkflowCode({ ...workflowParts(name), logger: new DefaultLogger('WARN') });
    writeFileSync(join(dist, file), code);
  }
}

function writeBillOfMaterials(dist, report) {
  try {
    writeFileSync(join(dist, 'sbom.cdx.json'), `${JSON.stringify(billOfMaterials(), null, 2)}\n`);
  } catch (error) {
    report(`no sbom.cdx.json: ${error.message}`);
  }
}

/** Builds beside dist and swaps at the end: whatever runs from dist never sees half a build. */
async function compile(report) {
  const startedAt = new Date();
  const next = mkdtempSync(join(ROOT, '.dist-'));
  try {
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const command = [process.execPath, tsc, '-p', 'tsconfig.build.json', '--outDir', next];
    await runQuietly('compiling src to dist', command, report);
    vendor(next);
    commonJsView(next);
    await bundleWorkflows(next);
    writeBillOfMaterials(next, report);
    writeFileSync(join(next, STAMP_NAME), `${startedAt.toISOString()}\n`);
    chmodSync(next, 0o755);
    // `npx` starts it as it lies.
    chmodSync(join(next, 'cli', 'main.js'), 0o755);
    rmSync(DIST, { recursive: true, force: true });
    renameSync(next, DIST);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

export async function build(report, { ifStale }) {
  if (!ifStale || isStale()) await compile(report);
  // Also after no compilation: `npm ci` removes the links and leaves dist.
  linkPrograms();
}

if (isMain(import.meta.url)) {
  try {
    await build((line) => console.log(line), { ifStale: process.argv.includes('--if-stale') });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
