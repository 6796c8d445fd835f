import { dirname, join, resolve } from 'node:path';
import { formatPath, type Path } from '../findings/path.js';
import { isObject } from './read-section.js';
import { readYaml } from './read-yaml.js';

/** Reads a file that a config names; throws when it cannot. */
export type ReadText = (file: string) => string;

const MAX_FILES = 100;
const MAX_CHARACTERS = 1_000_000;

interface Report {
  readonly path: Path;
  readonly message: string;
  /** Of the file that includes; null: the config itself. */
  readonly file: string | null;
}

export interface WithIncludes {
  readonly root: object;
  readonly problems: readonly Report[];
  readonly notes: readonly Report[];
  /** The file that a path comes from, and the path there; null: the config itself. */
  locate(path: Path): { file: string; path: Path } | null;
}

interface Pending {
  readonly entry: string;
  readonly path: Path;
  /** The files from the config to the one that includes. */
  readonly chain: readonly string[];
}

/**
 * A config with the files that it includes, as LiteLLM merges them: lists are extended, and of two values for one key
 * the included one counts. Objects are merged key by key. A file is read once, however often it is included.
 */
export function withIncludes(config: object, source: string, read: ReadText | undefined): WithIncludes {
  const merger = new Merger(config);
  const loaded = new Set([resolve(source)]);
  const pending = merger.includesOf(config, [source]);
  let charactersLeft = MAX_CHARACTERS;
  for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
    const { entry, path, chain } = next;
    const parent = chain.at(-1) ?? source;
    const file = join(dirname(parent), entry);
    const report = (message: string) => merger.problems.push({ path, message, file: fileOf(chain) });
    if (chain.some((each) => resolve(each) === resolve(file))) {
      report(`files include each other: ${[...chain, file].join(' → ')}`);
    } else if (!loaded.has(resolve(file))) {
      loaded.add(resolve(file));
      const text = loaded.size > MAX_FILES ? `more than ${MAX_FILES} files` : readText(file, read);
      if (typeof text === 'string') report(text);
      else if ((charactersLeft -= text.content.length) < 0) report(`more than ${MAX_CHARACTERS} characters in all`);
      else pending.push(...merger.include(file, text.content, [...chain, file]));
    }
  }
  return merger;
}

function fileOf(chain: readonly string[]): string | null {
  return chain.length > 1 ? (chain.at(-1) ?? null) : null;
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'no permission to read it',
  EISDIR: 'a directory, not a file',
};

/** The content of a file that a config names, or why there is none. */
export function readText(file: string, read: ReadText | undefined): { content: string } | string {
  if (read === undefined) return 'only a config that is read from a file can include others';
  try {
    return { content: read(file) };
  } catch (error) {
    return `${file} cannot be read: ${readProblem(error)}`;
  }
}

/** Why a file cannot be read, in words. */
export function readProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return READ_PROBLEMS[code] ?? code;
}

class Merger implements WithIncludes {
  root: object;
  readonly problems: Report[] = [];
  readonly notes: Report[] = [];
  /** Where parts of the merged config come from, by their path. */
  readonly #origins = new Map<string, { file: string; path: Path }>();

  constructor(root: object) {
    this.root = withoutInclude(root);
  }

  locate(path: Path): { file: string; path: Path } | null {
    for (let length = path.length; length > 0; length--) {
      const origin = this.#origins.get(formatPath(path.slice(0, length)));
      if (origin !== undefined) return { file: origin.file, path: [...origin.path, ...path.slice(length)] };
    }
    return null;
  }

  include(file: string, content: string, chain: readonly string[]): Pending[] {
    const yaml = readYaml(content);
    if ('problems' in yaml) {
      // Line and column are the path in this file.
      for (const { path, message } of yaml.problems) {
        this.problems.push({ path: [], message: `${path}: ${message}`, file });
      }
      return [];
    }
    for (const message of yaml.notes) this.notes.push({ path: [], message, file });
    if (yaml.value === null || yaml.value === undefined) return [];
    if (!isObject(yaml.value)) {
      this.problems.push({ path: [], message: 'expected an object, as in a config', file });
      return [];
    }
    this.root = this.#merged(this.root, withoutInclude(yaml.value), [], [], file) as object;
    return this.includesOf(yaml.value, chain);
  }

  includesOf(config: object, chain: readonly string[]): Pending[] {
    const include: unknown = new Map(Object.entries(config)).get('include');
    if (include === undefined || include === null) return [];
    const entries: readonly unknown[] = Array.isArray(include) ? include : [include];
    return entries.flatMap((entry, index): Pending[] => {
      const path = Array.isArray(include) ? ['include', index] : ['include'];
      if (typeof entry === 'string' && entry.trim() !== '') return [{ entry, path, chain }];
      this.problems.push({ path, message: 'expected the name of a file, or a list of them', file: fileOf(chain) });
      return [];
    });
  }

  /** @param at - the path in the merged config; @param from - the path in the file */
  #merged(base: unknown, included: unknown, at: Path, from: Path, file: string): unknown {
    if (Array.isArray(base) && Array.isArray(included)) {
      for (const index of included.keys()) this.#comes([...at, base.length + index], file, [...from, index]);
      return [...(base as unknown[]), ...(included as unknown[])];
    }
    if (!isObject(base) || !isObject(included)) {
      if (!isUnset(base)) {
        this.notes.push({ path: from, message: 'also set in a file that includes this one: this value counts', file });
      }
      this.#comes(at, file, from);
      return included;
    }
    const merged = new Map<string, unknown>(Object.entries(base));
    for (const [key, value] of Object.entries(included)) {
      // A section without keys sets nothing.
      if (isUnset(value)) continue;
      merged.set(key, this.#merged(merged.get(key), value, [...at, key], [...from, key], file));
    }
    return Object.fromEntries(merged);
  }

  #comes(at: Path, file: string, path: Path): void {
    this.#origins.set(formatPath(at), { file, path });
  }
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null;
}

function withoutInclude(config: object): object {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'include'));
}
