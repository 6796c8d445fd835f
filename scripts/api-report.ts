// Lists what the package exports, with its types, from the .d.ts files of the build: a change of the API is seen in the diff of
// docs/api-report.txt, which a test compares.
//
//   npm run api-report        after npm run build: writes it anew
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMain } from './run.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const REPORT_PATH = join(ROOT, 'docs', 'api-report.txt');

const HEAD = `What the package exports, by entry point. Written by \`npm run api-report\` from the types of the build: do not edit.\n`;

/** An export of a file: what it is called there, and in which file. */
interface Exported {
  readonly name: string;
  readonly from: string;
}

const EXPORTS_FROM = /^export (?:type )?\{([^}]*)\} from '(\.[^']*)';$/gm;

/** The report of the build that is there. */
export function apiReport(): string {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, { readonly import: { readonly types: string } } | string>>;
  };
  const entries = Object.entries(exports).flatMap(([path, entry]) =>
    typeof entry === 'string' ? [] : [entryReport(path, join(ROOT, entry.import.types))],
  );
  return [HEAD, ...entries].join('\n');
}

function entryReport(path: string, file: string): string {
  const names = exportsOf(file).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const declared = names.map((exported) => declarationOf(exported));
  return `${'='.repeat(20)} ${path.replace('.', 'holdfast')}\n\n${declared.join('\n\n')}\n`;
}

function exportsOf(file: string): Exported[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(EXPORTS_FROM)].flatMap(([, names = '', from = '']) =>
    names
      .split(',')
      .map((each) => each.trim().replace(/^type /, ''))
      .filter((name) => name !== '')
      .map((name) => ({ name, from: join(dirname(file), from.replace(/\.js$/, '.d.ts')) })),
  );
}

/** The text of a declaration, without comments and without what is private. */
function declarationOf({ name, from }: Exported): string {
  const further = exportsOf(from).find((exported) => exported.name === name);
  if (further !== undefined) return declarationOf(further);
  const lines = withoutComments(readFileSync(from, 'utf8')).split('\n');
  const isStart = new RegExp(
    String.raw`^export (?:declare )?(?:abstract )?(?:async )?(?:class|function|interface|type|const) ${name}\b`,
  );
  const found = lines.flatMap((line, index) => (isStart.test(line) ? [index] : []));
  if (found.length === 0) throw new Error(`${from} does not declare ${name}: teach scripts/api-report.ts its form`);
  return found.map((start) => lines.slice(start, endOf(lines, start) + 1).join('\n')).join('\n');
}

/** Declarations end with a line at their own depth; all within is deeper. */
function endOf(lines: readonly string[], start: number): number {
  if (/[;}]$/.test(lines[start] ?? '')) return start;
  const end = lines.findIndex((line, index) => index > start && /^\S.*[;}]$|^\}/.test(line));
  return end === -1 ? start : end;
}

function withoutComments(text: string): string {
  return text.replaceAll(/^ *\/\*\*(?:.|\n)*?\*\/\n/gm, '').replaceAll(/^ +(?:private |#private).*\n/gm, '');
}

if (isMain(import.meta.url)) writeFileSync(REPORT_PATH, apiReport());
