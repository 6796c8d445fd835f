import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A document of the project, by its path from the root. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

export interface CodeBlock {
  readonly language: string;
  /** What stands after the language: `fragment` or `request`. */
  readonly mark: string;
  readonly code: string;
  readonly line: number;
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** Every document: those at the root, and all below `docs`. */
export function allPages(): Page[] {
  const below = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const paths = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...below.map((path) => join('docs', path))];
  return paths.filter((path) => path.endsWith('.md')).map(readPage);
}

/** The code blocks of a page, with fences of three backticks. */
export function codeBlocks({ text }: Page): CodeBlock[] {
  return [...text.matchAll(/^```(\w*) *(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    language: match[1] ?? '',
    mark: match[2] ?? '',
    code: match[3] ?? '',
    line: text.slice(0, match.index).split('\n').length,
  }));
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');
}

/** Targets of links and pictures, external ones left out, as path from the root and anchor. */
export function linksOf({ path, text }: Page): { target: string; anchor: string }[] {
  return [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#');
      return { target: file === '' ? path : relative(ROOT, join(ROOT, dirname(path), file)), anchor };
    });
}

/** The anchors of a page's headings, as the usual viewers make them. */
export function anchorsOf({ text }: Page): string[] {
  return headingsOf(text).map(({ title }) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

interface Heading {
  readonly level: number;
  readonly title: string;
}

export function headingsOf(text: string): Heading[] {
  const withoutBlocks = text.replace(/^```[\s\S]*?^```$/gm, '');
  return [...withoutBlocks.matchAll(/^(#+) (.+)$/gm)].map((match) => ({
    level: (match[1] ?? '').length,
    title: match[2] ?? '',
  }));
}

/**
 * The text below a heading, up to the next one of its level or above.
 * @throws Error when there is no such heading
 */
export function section({ path, text }: Page, title: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === title);
  if (start === -1) throw new Error(`${path} has no heading "${title}"`);
  const level = (/^#+/.exec(lines[start] ?? '')?.[0] ?? '').length;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && (/^#+/.exec(line)?.[0] ?? '').length <= level);
  return rest.slice(0, end === -1 ? undefined : end).join('\n');
}

/** The tables of a text: rows of cells, without the head. */
export function tablesOf(text: string): string[][][] {
  const tables: string[][][] = [];
  let before = '';
  for (const line of text.split('\n')) {
    if (/^\|[ :|-]+\|$/.test(line)) tables.push([]);
    else if (line.startsWith('|') && before.startsWith('|')) tables.at(-1)?.push(cellsOf(line));
    before = line;
  }
  return tables;
}

/** The first table of a text. */
export function tableOf(text: string): string[][] {
  return tablesOf(text)[0] ?? [];
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** The texts in backticks. */
export function names(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '');
}

/** The names in the first column of a table. */
export function firstColumn(rows: readonly (readonly string[])[]): string[] {
  return rows.flatMap(([cell = '']) => names(cell));
}
