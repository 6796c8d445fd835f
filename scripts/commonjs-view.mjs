import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { filesOf, ROOT } from './run.mjs';

const FOLDER = 'cjs';

/**
 * What CommonJS finds of a build: for each entry a file that requires the module, so that there is one of everything, whichever
 * way it is loaded; and the same types, which TypeScript takes for those of CommonJS by where they lie.
 */
export function commonJsView(dist) {
  const view = join(dist, FOLDER);
  for (const name of filesOf(dist, /\.d\.ts$/, { except: FOLDER })) cpSync(join(dist, name), join(view, name));
  for (const module of entries()) {
    const file = join(view, module);
    mkdirSync(dirname(file), { recursive: true });
    const path = relative(dirname(file), join(dist, module)).split(sep).join('/');
    writeFileSync(file, `'use strict';\nmodule.exports = require('${path}');\n`);
  }
  writeFileSync(join(view, 'package.json'), '{ "type": "commonjs" }\n');
}

/** The modules that the package exports, by their place in a build. */
function entries() {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const modules = Object.values(exports).map((entry) => entry.import?.default);
  return modules.filter((module) => module !== undefined).map((module) => relative('dist', module));
}
