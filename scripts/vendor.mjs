import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { filesOf, ROOT } from './run.mjs';

/**
 * Packages of Temporal's that are released later than the others, and pin them exactly. As dependencies they would keep whoever installs
 * Holdfast from versions of his own, or bring a second copy of Temporal's SDK; so the build has them in itself.
 */
const VENDORED = ['@temporalio/workflow-streams', '@temporalio/interceptors-opentelemetry-v2'];

const IMPORTED = new RegExp(`'(${VENDORED.join('|')})/([^']+)'`, 'g');

const require = createRequire(import.meta.url);

/** Copies them into a build, and lets it import the copies. */
export function vendor(dist) {
  for (const name of VENDORED) {
    const [from, to] = [join(ROOT, 'node_modules', name), vendoredAt(dist, name)];
    cpSync(join(from, 'lib'), join(to, 'lib'), { recursive: true, filter: (path) => !path.endsWith('.map') });
    cpSync(join(from, 'LICENSE'), join(to, 'LICENSE'));
    const { version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    writeFileSync(join(to, 'package.json'), `${JSON.stringify({ name, version, license, type: 'commonjs' })}\n`);
  }
  for (const name of filesOf(dist, /\.(js|d\.ts)$/, { except: 'vendor' })) {
    const file = join(dist, name);
    const code = readFileSync(file, 'utf8');
    const mended = code.replaceAll(IMPORTED, (specifier, name) => {
      const inPackage = relative(join(ROOT, 'node_modules', name), require.resolve(specifier.slice(1, -1)));
      const path = relative(dirname(file), join(vendoredAt(dist, name), inPackage));
      return `'${path
        .split(sep)
        .join('/')
        .replace(/^(?!\.)/, './')}'`;
    });
    if (mended !== code) writeFileSync(file, mended);
  }
}

/** The folder is named as in node_modules: the SDK's bundler finds by it what it replaces for workflows. */
function vendoredAt(dist, name) {
  return join(dist, 'vendor', name);
}
