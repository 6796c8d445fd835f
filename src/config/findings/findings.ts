import type { z } from 'zod';
import type { Finding, Note } from './config-error.js';
import { redact, redactedMessage } from '../../core/common/redact.js';
import { formatPath, type Path, shown, valueAt } from './path.js';
import { holdsSecrets, isSecretKey } from './secret-keys.js';

/** How many findings of a sort are kept: a broken file can have so many that redacting them all would take minutes. */
const MAX_KEPT = 200;

/** A key that does what its documentation says. */
export interface HonouredKey {
  /** Section and key: `router_settings.num_retries`. */
  readonly key: string;
  readonly places: number;
}

interface Options {
  readonly secrets: readonly string[];
  /** Whether keys that nobody knows are notes. @default false */
  readonly lenient?: boolean;
  /** The file that holds a path, and the path there; null: the config itself. */
  readonly locate?: (path: Path) => { file: string; path: Path } | null;
}

/** Collects what is wrong with a config, and what is worth knowing about it. Lets no secret through. */
export class Findings {
  readonly #options: Options;
  /** Variables by the path of their value: such values are never shown. */
  readonly origins = new Map<string, string>();
  readonly problems: Finding[] = [];
  readonly #notes: { note: Note; places: number }[] = [];
  #notesLeftOut = 0;
  readonly #once = new Map<string, { places: number }>();
  readonly #honoured = new Map<string, number>();

  constructor(options: Options) {
    this.#options = options;
  }

  get lenient(): boolean {
    return this.#options.lenient === true;
  }

  get notes(): Note[] {
    const notes = this.#notes.map(({ note, places }): Note =>
      places === 1 ? note : { ...note, message: `${note.message} (in ${places} places)` },
    );
    const more = this.#notesLeftOut;
    return more === 0 ? notes : [...notes, { path: '', message: `… and ${more} more notes`, kind: 'note' }];
  }

  get honoured(): HonouredKey[] {
    return [...this.#honoured].map(([key, places]) => ({ key, places }));
  }

  /** @param file - that holds the path, where it is known already */
  problem(path: Path, message: string, file: string | null = null): void {
    // The ones left out are counted by those who list problems.
    this.problems.push(this.problems.length < MAX_KEPT ? this.#clean(path, message, file) : { path: '', message: '' });
  }

  note(path: Path, message: string, kind: Note['kind'] = 'note', file: string | null = null): { places: number } {
    const note = { note: { ...EMPTY_NOTE, kind }, places: 1 };
    if (this.#notes.length >= MAX_KEPT) {
      this.#notesLeftOut++;
      return note;
    }
    note.note = { ...this.#clean(path, message, file), kind };
    this.#notes.push(note);
    return note;
  }

  /** A note that says the same at every place: the first one stands for all. */
  noteOnce(topic: string, path: Path, message: string, kind?: Note['kind']): void {
    const before = this.#once.get(topic);
    if (before === undefined) this.#once.set(topic, this.note(path, message, kind));
    else before.places++;
  }

  /** A key that nobody knows: what is wrong with it, and what becomes of it where that is no error. */
  unknownKey(path: Path, message: string, lenientOutcome: string): void {
    if (this.lenient) this.note(path, `${lenientOutcome}: ${message}`, 'ignored');
    else this.problem(path, message);
  }

  honour(section: string, key: string): void {
    const name = section === '' ? key : `${section}.${key}`;
    this.#honoured.set(name, (this.#honoured.get(name) ?? 0) + 1);
  }

  /** The value as the schema has it; undefined, and its problems collected, when it is wrong. */
  read<T>(schema: z.ZodType<T>, value: unknown, path: Path): T | undefined {
    const result = schema.safeParse(value);
    const issues = result.error?.issues ?? [];
    const unknown = this.lenient ? issues.filter(({ message }) => message.startsWith('unknown key')) : [];
    if (unknown.length > 0) {
      for (const issue of unknown) this.unknownKey([...path, ...issue.path], issue.message, 'ignored');
      return this.read(schema, without(value, unknown), path);
    }
    for (const issue of issues) {
      const got = valueAt(value, issue.path);
      const missing = got === undefined && issue.path.length > 0 ? 'missing: ' : '';
      this.problem(
        [...path, ...issue.path],
        `${missing}${issue.message}${this.#got(issue.message, got, [...path, ...issue.path])}`,
      );
    }
    return result.data;
  }

  /** Only messages about a value show it: the value of an unknown key could be a misplaced secret. */
  #got(message: string, value: unknown, path: Path): string {
    if (!message.startsWith('expected') || value === undefined) return '';
    if (path.some((key) => isSecretKey(key) || holdsSecrets(key))) return '';
    const variable = this.origins.get(formatPath(path));
    return `, got ${variable === undefined ? shown(value, this.#options.secrets) : `the value of ${variable}`}`;
  }

  #clean(path: Path, message: string, file: string | null): Finding {
    const { secrets, locate } = this.#options;
    const place = file === null ? (locate?.(path) ?? { file: null, path }) : { file, path };
    const parts = [place.file, formatPath(place.path, secrets)].filter((part) => part !== null && part !== '');
    return { path: redact(parts.join(': '), secrets), message: redactedMessage(message, secrets) };
  }
}

const EMPTY_NOTE: Note = { path: '', message: '', kind: 'note' };

/** A copy without the keys that issues are about. */
function without(value: unknown, issues: readonly { readonly path: Path }[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const { path } of issues) {
    const parent = valueAt(copy, path.slice(0, -1));
    if (typeof parent === 'object' && parent !== null) Reflect.deleteProperty(parent, path.at(-1) ?? '');
  }
  return copy;
}
