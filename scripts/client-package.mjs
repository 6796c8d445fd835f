// The package @holdfast/client: the client of the build, alone, with the declarations that it needs.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, normalize } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { ROOT } from './run.mjs';

const SOURCE = join(ROOT, 'packages', 'client');

/** The documents that it has; in them, links to others are left out. */
const PAGES = ['actions', 'batches', 'client', 'encryption', 'errors', 'fallbacks', 'payloads', 'retries', 'streams'];

/** What it has in itself: of OpenAI's client, 35 MB, the types that it needs; and an ES module that CommonJS would get in another form. */
const INCLUDED = /^(?:openai|leven)(?:\/|$)/;

/** Whose licences come along: what the build has in itself, too. */
const LICENCES = [
  'node_modules/leven/license',
  'node_modules/openai/LICENSE',
  'dist/vendor/@temporalio/workflow-streams/LICENSE',
];

const isExternal = (id) => !/^(?:[./]|[A-Z]:)/i.test(id) && !INCLUDED.test(id);

/** Makes it in a folder, from the build that is there. */
export async function makeClientPackage(folder) {
  const dist = join(folder, 'dist');
  const imported = await bundleCode(dist);
  await bundleTypes(dist);
  writePackage(folder, imported);
  writeDocuments(folder);
}

/** Returns the names of the packages that it imports. */
async function bundleCode(dist) {
  const bundle = await rolldown({
    input: join(ROOT, 'dist', 'client.js'),
    platform: 'node',
    external: isExternal,
    // Modules declare things and do nothing: what of a module is not used is left out.
    treeshake: { moduleSideEffects: false },
  });
  await bundle.write({ dir: dist, format: 'esm', entryFileNames: '[name].js', chunkFileNames: '[name].js' });
  const names = { entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs' };
  const { output } = await bundle.write({ dir: dist, format: 'cjs', ...names });
  await bundle.close();
  const required = output.flatMap(({ code }) => [...code.matchAll(/\brequire\("([^".][^"]*)"\)/g)].map(([, id]) => id));
  return [...new Set(required.filter((id) => !isBuiltin(id)).map(packageOf))].toSorted((a, b) => (a < b ? -1 : 1));
}

function packageOf(id) {
  return /^(?:@[^/]+\/)?[^/]+/.exec(id)?.[0];
}

async function bundleTypes(dist) {
  const bundle = await rolldown({
    input: join(ROOT, 'dist', 'client.d.ts'),
    external: isExternal,
    plugins: [dts({ dtsInput: true, oxc: true, tsconfig: false })],
    checks: { pluginTimings: false },
  });
  await bundle.write({ dir: dist, entryFileNames: '[name].ts', chunkFileNames: '[name].ts' });
  await bundle.close();
  // A namespace that names a type of its own module again becomes one that names itself.
  const types = readFileSync(join(dist, 'client.d.ts'), 'utf8').replaceAll(/^ +type (\w+) = \1;\n/gm, '');
  for (const name of ['client.d.ts', 'client.d.cts']) writeFileSync(join(dist, name), types);
}

function writePackage(folder, imported) {
  const { version, engines, dependencies } = readJson(join(ROOT, 'package.json'));
  const { files, ...about } = readJson(join(SOURCE, 'package.json'));
  const needed = imported.filter((name) => !(name in about.peerDependencies));
  const unknown = needed.filter((name) => !(name in dependencies));
  if (unknown.length > 0) throw new Error(`the client imports ${unknown.join(', ')}, no dependency of package.json`);
  const ranges = Object.fromEntries(needed.map((name) => [name, dependencies[name]]));
  const manifest = { ...about, version, engines, files, dependencies: ranges };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

function writeDocuments(folder) {
  cpSync(join(SOURCE, 'README.md'), join(folder, 'README.md'));
  cpSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  const licences = LICENCES.map((path) => `${path}\n\n${readFileSync(join(ROOT, path), 'utf8')}`);
  writeFileSync(join(folder, 'dist', 'LICENSES.txt'), licences.join('\n\n'));
  mkdirSync(join(folder, 'docs'), { recursive: true });
  const paths = ['CHANGELOG.md', ...PAGES.map((name) => `docs/${name}.md`)];
  for (const path of paths) {
    const text = readFileSync(join(ROOT, path), 'utf8');
    writeFileSync(join(folder, path), withLinksTo(paths, path, text));
  }
}

function withLinksTo(paths, path, text) {
  return text.replaceAll(/!?\[([^\]]*)\]\(([^)\s]+)\)/g, (link, shown, target) => {
    if (/^[a-z]+:|^#/.test(target)) return link;
    return paths.includes(normalize(join(path, '..', target.split('#')[0]))) ? link : shown;
  });
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
