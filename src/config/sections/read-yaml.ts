import { type Document, isScalar, LineCounter, Parser, parseDocument, visit } from 'yaml';
import type { Finding } from '../findings/config-error.js';
import { formatPath } from '../findings/path.js';

/** Limits far above any real config, and far below what would take seconds or the whole stack. */
const MAX_CHARACTERS = 1_000_000;
const MAX_DEPTH = 64;
const MAX_ALIASES = 1_000;
const MAX_VALUES = 200_000;

/** YAML errors in our words: the library's own may quote the file, and with it a secret. */
const YAML_PROBLEMS: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or a tag',
  BAD_ALIAS: 'an alias (*name) needs a name, and the same one as its anchor (&name)',
  BAD_DQ_ESCAPE: 'an unknown escape in a "quoted text": write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit the lines above',
  BAD_SCALAR_START: 'a text that begins with this character needs quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a list or an object cannot begin on the line of its key',
  KEY_OVER_1024_CHARS: 'a key of more than 1024 characters',
  MISSING_CHAR: 'a character is missing: a closing quote or bracket, or a ":" after a key',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line: is a ":" missing?',
  MULTIPLE_ANCHORS: 'a value can have one anchor (&name) only',
  MULTIPLE_DOCS: 'the file must hold one document: remove the second "---"',
  NON_STRING_KEY: 'a key must be a text',
  TAB_AS_INDENT: 'tabs cannot indent: use spaces',
  TAG_RESOLVE_FAILED: 'tags (!name) are not supported',
  UNEXPECTED_TOKEN: 'unexpected here: does the text need quotes?',
};

export type YamlResult =
  { readonly value: unknown; readonly notes: readonly string[] } | { readonly problems: readonly Finding[] };

/** Reads YAML 1.2, with the merge keys (`<<`) of 1.1. Never throws, and takes a moment at most whatever the text. */
export function readYaml(text: string): YamlResult {
  if (text.length > MAX_CHARACTERS) return problem(`larger than ${MAX_CHARACTERS} characters`);
  const shape = measure(text);
  if (shape.depth > MAX_DEPTH) return problem(`nested deeper than ${MAX_DEPTH} levels`);
  if (shape.aliases > MAX_ALIASES) return problem(`more than ${MAX_ALIASES} aliases (*name)`);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'core',
    merge: true,
    stringKeys: true,
    resolveKnownTags: false,
    // Done by duplicateKeys, in linear time.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `line ${line}, column ${col}`;
  };
  // The errors after the first few are its consequences.
  const errors = [...document.errors, ...document.warnings].slice(0, 3).map(({ code, pos }) => ({
    path: place(pos[0]),
    message: `not valid YAML: ${YAML_PROBLEMS[code] ?? 'the syntax is wrong'}`,
  }));
  return errors.length > 0 ? { problems: errors } : evaluate(document, duplicateKeys(document, lines));
}

/** Depth and aliases, from the tokens and without recursion: composing a document is recursive. */
function measure(text: string): { depth: number; aliases: number } {
  let depth = 0;
  let aliases = 0;
  for (const token of new Parser().parse(text)) {
    const pending: [token: object, level: number][] = [[token, 0]];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const [current, level] = next;
      depth = Math.max(depth, level);
      if ('type' in current && current.type === 'alias') aliases++;
      for (const child of childrenOf(current)) pending.push([child, level + 1]);
    }
  }
  // A document counts as a level of its own.
  return { depth: depth - 1, aliases };
}

function* childrenOf(token: object): Generator<object> {
  if ('value' in token && isObject(token.value)) yield token.value;
  if (!('items' in token) || !Array.isArray(token.items)) return;
  for (const { key, value } of token.items as { key?: unknown; value?: unknown }[]) {
    if (isObject(key)) yield key;
    if (isObject(value)) yield value;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Keys that stand twice in an object: the last one counts, as in LiteLLM. The library compares every key with every
 * other one, which takes minutes for a large map.
 */
function duplicateKeys(document: Document, lines: LineCounter): string[] {
  const notes: string[] = [];
  visit(document, {
    Map(_, { items }) {
      const seen = new Map<string, number>();
      for (const { key } of items) {
        if (!isScalar(key) || key.value === '<<') continue;
        const name = String(key.value);
        const { line } = lines.linePos(key.range?.[0] ?? 0);
        const before = seen.get(name);
        if (before !== undefined) {
          notes.push(
            `${formatPath([name])} is there twice, on line ${before} and on line ${line}: the last one counts`,
          );
        }
        seen.set(name, line);
      }
    },
  });
  return notes;
}

function evaluate(document: Document, notes: readonly string[]): YamlResult {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch {
    return problem('not valid YAML: an alias (*name) without its anchor (&name), or far too many of them');
  }
  return isSmallTree(value)
    ? { value, notes }
    : problem(`more than ${MAX_VALUES} values, or an alias inside its own anchor`);
}

/** Aliases share values: a short file can stand for an endless tree. */
function isSmallTree(root: unknown): boolean {
  const pending: unknown[] = [root];
  for (let visited = 0; pending.length > 0; visited++) {
    if (visited > MAX_VALUES) return false;
    const value = pending.pop();
    if (isObject(value)) for (const child of Object.values(value)) pending.push(child);
  }
  return true;
}

function problem(message: string): YamlResult {
  return { problems: [{ path: '', message }] };
}
