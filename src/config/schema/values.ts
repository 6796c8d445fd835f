import { z } from 'zod';
import { A_NAME, isName } from '../../core/common/names.js';
import { didYouMean } from '../findings/nearest.js';
import { bounded, isRecord } from './bounded.js';

/** A key with null for its value is not set. */
export function unset(value: unknown): unknown {
  return value ?? undefined;
}

const NUMERIC = /^\s*[+-]?\d+(?:\.\d+)?\s*$/;

function numeric(value: unknown): unknown {
  return typeof value === 'string' && NUMERIC.test(value) ? Number(value) : unset(value);
}

/** Keeps the sums of all budgets within what Temporal can count. */
const MAX_COUNT = 1_000_000;

function integer(min: number) {
  const error = `expected a whole number from ${min} to ${MAX_COUNT}`;
  return z.preprocess(numeric, z.int({ error }).min(min, { error }).max(MAX_COUNT, { error }).optional());
}

export const count = integer(0);
export const positiveCount = integer(1);

const BYTES_IN_MB = 1024 * 1024;

/** A size, in bytes as the program has it. */
export const megabytes = positiveCount.transform((mb) => (mb === undefined ? undefined : mb * BYTES_IN_MB));

/** The longest time that Node's timers can measure, 24 days: a longer one would end at once. */
const MAX_TIMER_SECONDS = 2_147_483;
const MAX_DURATION_SECONDS = 366 * 24 * 3600;

/** Seconds as the config has them, milliseconds as the program has them. */
function milliseconds(schema: z.ZodNumber) {
  return z.preprocess(
    numeric,
    schema.transform((seconds) => (seconds === 0 ? 0 : Math.max(1, Math.round(seconds * 1000)))).optional(),
  );
}

function timeout(max: number) {
  const error = `expected seconds, more than 0 and at most ${max}`;
  return milliseconds(z.number({ error }).positive({ error }).max(max, { error }));
}

/** A time-out of one attempt or of a part of it. */
export const attemptTimeout = timeout(MAX_TIMER_SECONDS);

/** The total of a call or of a group; Temporal measures it. */
export const totalTimeout = timeout(MAX_DURATION_SECONDS);

const durationError = `expected seconds, from 0 to ${MAX_DURATION_SECONDS}`;

/** A wait. */
export const duration = milliseconds(
  z
    .number({ error: durationError })
    .min(0, { error: durationError })
    .max(MAX_DURATION_SECONDS, { error: durationError }),
);

const shareError = 'expected a share: 0 or more, and less than 1';
export const share = z.preprocess(
  numeric,
  z.number({ error: shareError }).min(0, { error: shareError }).lt(1, { error: shareError }).optional(),
);

const weightError = 'expected a number, 0 or more';
export const weight = z.preprocess(numeric, z.number({ error: weightError }).min(0, { error: weightError }).optional());

/** YAML 1.1, which LiteLLM's loader speaks, and environment variables have more words for true and false. */
const FLAGS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  false: false,
  no: false,
  off: false,
};

export const flag = z.preprocess(
  (value) => (typeof value === 'string' ? (FLAGS[value.trim().toLowerCase()] ?? unset(value)) : unset(value)),
  z.boolean({ error: 'expected true or false' }).optional(),
);

/** A text; an empty one is not set. */
export const text = z.preprocess(
  (value) => (value === '' ? undefined : unset(value)),
  z.string({ error: 'expected a text' }).optional(),
);

const nameError = `expected ${A_NAME}`;

/** The name of a model group, as callers and headers carry it. */
export const name = z.string({ error: nameError }).refine(isName, { error: nameError });

/** An object with these keys only: any other is a problem of its own that names what was meant, or what there is. */
export function only<Shape extends z.ZodRawShape>(shape: Shape) {
  const keys = Object.keys(shape);
  const known = z.object(shape, { error: 'expected an object' });
  return bounded((value, report) => {
    const { data, error } = known.safeParse(value);
    report.addAll([], error?.issues);
    for (const key of isRecord(value) ? Object.keys(value) : []) {
      if (report.isFull) break;
      if (keys.includes(key)) continue;
      report.add([key], `unknown key.${didYouMean(key, keys) || ` There are: ${keys.join(', ')}`}`);
    }
    return data as z.output<typeof known>;
  });
}

/** The same object without the keys that are not set. */
export function compact<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
