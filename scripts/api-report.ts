// Lists what the package exports, with its types, from the .d.ts files of the build: a change of the API is seen in the diff of
// docs/api-report.txt, and who uses an entry finds it in docs/api, with what is said of it. A test compares them.
//
//   npm run api-report        after npm run build: writes them anew
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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

const DECLARED = /^export (?:declare )?(?:abstract )?(?:async )?(?:class|function|interface|type|const) (\w+)/gm;

const EXPORTS_FROM = /^export (?:type )?\{([^}]*)\} from '(\.[^']*)';$/gm;

/** Those that have a page in docs/api, and what they are for. */
const PAGES: Readonly<Record<string, string>> = {
  client:
    'Starts calls and batches, and looks at them. The same is `@holdfast/client`. The guide is [Client](../client.md).',
  worker: 'A worker in a process of your own. The guide is [Client](../client.md#a-worker-in-your-own-process).',
  workflow:
    'Calls from a workflow of your own. The guide is [In your own code](../in-your-own-code.md#from-your-own-workflow).',
  activity: 'For activities that make model calls. The guide is [Agents](../agents.md).',
  core: 'The rules, as pure functions. The guide is [Functions](../functions.md).',
  testing: 'For tests of what makes calls. The guide is [In your own code](../in-your-own-code.md#in-your-tests).',
};

/** The pages of docs/api, by their paths. */
export function apiPages(): { readonly path: string; readonly text: string }[] {
  return Object.entries(PAGES).map(([name, about]) => {
    const names = namesOf(join(ROOT, 'dist', `${name}.d.ts`));
    const head = `# holdfast/${name}\n\n${about}\n\nWritten by \`npm run api-report\` from the types of the build.`;
    return { path: join(ROOT, 'docs', 'api', `${name}.md`), text: `${[head, ...names.map(sectionOf)].join('\n\n')}\n` };
  });
}

function sectionOf(exported: Exported): string {
  const { code, comment } = declarationOf(exported);
  const lines = comment.split('\n').map((line) => line.replace(/^ *(?:\/\*\*|\*\/|\*) ?/, '').replace(/ ?\*\/$/, ''));
  const said = lines
    .join('\n')
    .trim()
    .replaceAll(/^@(\w+) /gm, '- $1: ')
    .replace(/\n(?=- )/, '\n\n');
  return [`## ${exported.name}`, said, `\`\`\`ts\n${code}\n\`\`\``].filter((part) => part !== '').join('\n\n');
}

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
  const names = namesOf(file);
  const declared = names.map((exported) => withoutComments(declarationOf(exported).code));
  return `${'='.repeat(20)} ${path.replace('.', 'holdfast')}\n\n${declared.join('\n\n')}\n`;
}

/** What an entry exports: what it declares, and what it hands on. */
function namesOf(file: string): Exported[] {
  const declared = [...readFileSync(file, 'utf8').matchAll(DECLARED)].map(([, name = '']) => ({ name, from: file }));
  return [...declared, ...exportsOf(file)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
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

/** The text of a declaration, without what is private; and the comment above it. */
function declarationOf({ name, from }: Exported): { readonly code: string; readonly comment: string } {
  const further = exportsOf(from).find((exported) => exported.name === name);
  if (further !== undefined) return declarationOf(further);
  const lines = readFileSync(from, 'utf8').replaceAll(PRIVATE, '').split('\n');
  const isStart = new RegExp(
    String.raw`^export (?:declare )?(?:abstract )?(?:async )?(?:class|function|interface|type|const) ${name}\b`,
  );
  const found = lines.flatMap((line, index) => (isStart.test(line) ? [index] : []));
  const [first] = found;
  if (first === undefined) throw new Error(`${from} does not declare ${name}: teach scripts/api-report.ts its form`);
  const code = found.map((start) => lines.slice(start, endOf(lines, start) + 1).join('\n')).join('\n');
  return { code, comment: /(?<=^|\n)\/\*\*(?:(?!\*\/)[^])*\*\/$/.exec(lines.slice(0, first).join('\n'))?.[0] ?? '' };
}

/** Declarations end with a line at their own depth; all within is deeper. */
function endOf(lines: readonly string[], start: number): number {
  if (/[;}]$/.test(lines[start] ?? '')) return start;
  const end = lines.findIndex((line, index) => index > start && /^\S.*[;}]$|^\}/.test(line));
  return end === -1 ? start : end;
}

/** With what is said of it. */
const PRIVATE = /(?: *\/\*\*(?:(?!\*\/)[^])*\*\/\n)? +(?:private |#private).*\n/g;

function withoutComments(text: string): string {
  return text.replaceAll(/^ *\/\*\*(?:.|\n)*?\*\/\n/gm, '');
}

if (isMain(import.meta.url)) {
  writeFileSync(REPORT_PATH, apiReport());
  mkdirSync(join(ROOT, 'docs', 'api'), { recursive: true });
  for (const { path, text } of apiPages()) writeFileSync(path, text);
}
