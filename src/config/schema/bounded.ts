import { z } from 'zod';
import type { Path } from '../findings/path.js';

/** So many problems of one setting are told. A value can have millions of wrong parts: the others are not looked for. */
const MAX_REPORTED = 100;

type Issues = z.core.$RefinementCtx['issues'];

/** Takes the problems of a value until there are enough. */
export class Report {
  readonly #issues: Issues;
  readonly #input: unknown;
  #reported = 0;
  #isFull = false;

  constructor(issues: Issues, input: unknown) {
    this.#issues = issues;
    this.#input = input;
  }

  /** Whether to look no further. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add(path: Path, message: string): void {
    if (this.#isFull) return;
    if (this.#reported < MAX_REPORTED) {
      this.#reported += 1;
      this.#push(path, message);
    } else this.stop('… and more that are wrong; the rest was not looked at');
  }

  addAll(path: Path, issues: readonly { readonly path: Path; readonly message: string }[] = []): void {
    for (const issue of issues) this.add([...path, ...issue.path], issue.message);
  }

  /** What is wrong with the value as a whole, and the last word on it. */
  stop(message: string): void {
    if (!this.#isFull) this.#push([], message);
    this.#isFull = true;
  }

  #push(path: Path, message: string): void {
    this.#issues.push({ code: 'custom', message, path: [...path], input: this.#input });
  }
}

/** A schema of our own: what it reads counts only when nothing was reported. */
export function bounded<T>(read: (value: unknown, report: Report) => T) {
  return z.unknown().transform((value, { issues }): T => read(value, new Report(issues, value)));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
