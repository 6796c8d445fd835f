import { stringifyExactJson } from '../../core/common/exact-json.js';
import { utf8Bytes } from '../../core/common/limits.js';
import { redactedMessage } from '../../core/common/redact.js';
import { cutText } from '../../core/common/text.js';
import { compileSchema } from './compile-schema.js';
import { createWithinTime, TookTooLongError } from './within-time.js';

/** The largest schema that is compiled. OpenAI's own limits are about as high. */
const MAX_SCHEMA_BYTES = 100_000;

/** As much text of schemas is kept compiled; what was used longest ago goes first. */
const MAX_KEPT_BYTES = 2_000_000;

/** Nothing else runs meanwhile. */
const LIMITS_MS = { compile: 5000, validate: 1000 } as const;

/** What is said of a schema by its compiler is the caller's, and may have any length. */
const MAX_POINTER_LENGTH = 120;

/** What a value is under a schema. */
type Verdict =
  | { readonly type: 'fits' }
  /** @property problem - where in the value, what, and by which keyword */
  | { readonly type: 'does not fit'; readonly problem: string }
  | { readonly type: 'unusable schema'; readonly message: string };

export type Validator = (value: unknown) => Verdict;

type Compiled = { readonly validate: Validator } | { readonly unusable: string };

/** Compiles the JSON schemas of requests, and keeps those that were used last. */
export class Schemas {
  private readonly secrets: readonly string[];
  private readonly withinTime = createWithinTime();
  private readonly kept = new Map<string, Compiled>();
  private keptBytes = 0;

  /** @param secrets - keys that must not appear in any text that comes back */
  constructor(secrets: readonly string[]) {
    this.secrets = secrets;
  }

  /** The validator of a schema; or why there is none. */
  compile(schema: unknown): Compiled {
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
      return { unusable: 'a schema is an object' };
    }
    const text = stringifyExactJson(schema);
    const bytes = utf8Bytes(text);
    if (bytes > MAX_SCHEMA_BYTES) {
      return { unusable: `it has ${bytes} bytes, and at most ${MAX_SCHEMA_BYTES} are looked at` };
    }
    const compiled = this.kept.get(text) ?? this.compileText(text);
    this.keep(text, compiled);
    return compiled;
  }

  private compileText(text: string): Compiled {
    try {
      const validate = this.withinTime(() => compileSchema(text), LIMITS_MS.compile);
      return {
        validate: (value) => {
          try {
            if (this.withinTime(() => validate(value), LIMITS_MS.validate)) return { type: 'fits' };
          } catch (error) {
            return { type: 'unusable schema', message: this.whyUnusable(error) };
          }
          // Of alternatives that all fail, the last error is that of the whole.
          const { instancePath = '', message = 'does not fit', keyword = '' } = validate.errors?.at(-1) ?? {};
          const pointer = cutText(redactedMessage(instancePath, this.secrets), MAX_POINTER_LENGTH);
          return {
            type: 'does not fit',
            problem: `${pointer === '' ? 'at its top' : `at ${pointer}`}: ${redactedMessage(message, this.secrets)} (${keyword})`,
          };
        },
      };
    } catch (error) {
      return { unusable: this.whyUnusable(error) };
    }
  }

  private whyUnusable(error: unknown): string {
    // It has no end, or more parts than the stack of the compiler has room for.
    if (error instanceof RangeError) return 'it is too deep';
    if (error instanceof TookTooLongError) return error.message;
    return redactedMessage(error instanceof Error ? error.message : String(error), this.secrets);
  }

  /** Puts it last in the line of those that go. */
  private keep(text: string, compiled: Compiled): void {
    if (!this.kept.delete(text)) this.keptBytes += text.length;
    this.kept.set(text, compiled);
    for (const oldest of this.kept.keys()) {
      if (this.keptBytes <= MAX_KEPT_BYTES) return;
      this.kept.delete(oldest);
      this.keptBytes -= oldest.length;
    }
  }
}
