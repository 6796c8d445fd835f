import type { z } from 'zod';
import type { Finding } from './config-error.js';
import { redact, redactedMessage } from '../core/redact.js';
import { formatPath, type Path, shown, valueAt } from './path.js';
import { isSecretKey } from './secret-keys.js';

interface Note {
  readonly finding: Finding;
  places: number;
}

/** Collects what is wrong with a config, and what is worth knowing about it. Lets no secret through. */
export class Findings {
  readonly #secrets: readonly string[];
  /** Variables by the path of their value: such values are never shown. */
  readonly origins = new Map<string, string>();
  readonly problems: Finding[] = [];
  readonly #notes: Note[] = [];
  readonly #once = new Map<string, Note>();

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets;
  }

  get notes(): Finding[] {
    return this.#notes.map(({ finding: { path, message }, places }) => ({
      path,
      message: places === 1 ? message : `${message} (in ${places} places)`,
    }));
  }

  problem(path: Path, message: string): void {
    this.problems.push(this.#clean(path, message));
  }

  note(path: Path, message: string): void {
    this.#notes.push({ finding: this.#clean(path, message), places: 1 });
  }

  /** A note that says the same at every place: the first one stands for all. */
  noteOnce(topic: string, path: Path, message: string): void {
    const before = this.#once.get(topic);
    if (before !== undefined) {
      before.places++;
      return;
    }
    const note = { finding: this.#clean(path, message), places: 1 };
    this.#once.set(topic, note);
    this.#notes.push(note);
  }

  /** The value as the schema has it; undefined, and its problems collected, when it is wrong. */
  read<T>(schema: z.ZodType<T>, value: unknown, path: Path): T | undefined {
    const result = schema.safeParse(value);
    for (const issue of result.error?.issues ?? []) {
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
    if (!message.startsWith('expected') || value === undefined || path.some(isSecretKey)) return '';
    const variable = this.origins.get(formatPath(path));
    return `, got ${variable === undefined ? shown(value, this.#secrets) : `the value of ${variable}`}`;
  }

  #clean(path: Path, message: string): Finding {
    return {
      path: redact(formatPath(path, this.#secrets), this.#secrets),
      message: redactedMessage(message, this.#secrets),
    };
  }
}
