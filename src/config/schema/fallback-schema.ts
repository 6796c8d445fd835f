import { z } from 'zod';
import { PLAIN } from '../../core/fallbacks/fallback-lookup.js';
import { providerBody, REFUSED_KEYS, SETTING_KEYS } from '../../core/plan/request.js';
import type { FallbackEntry, FallbackRule } from '../../core/plan/settings.js';
import { retryPolicy } from './retry-policy-schema.js';
import { didYouMean } from '../findings/nearest.js';
import { type Section, sectionsWith } from '../tables/known-keys.js';
import type { Path } from '../findings/path.js';
import { bounded, isRecord, type Report } from './bounded.js';
import { reportMisspelt } from './misspelt-setting.js';
import { attemptTimeout, compact, count, name, totalTimeout, unset } from './values.js';

/** `config`: each rule names its group. `request`: entries may also stand alone, and then serve every group. */
export type FallbackForm = 'config' | 'request';

const RULE_FORM = 'fallbacks must name the group they serve, as in [{"group": ["other-group"]}]';
const ENTRY_FORM = 'expected the name of a model group, or an object with "model" and what changes for it';

export const REFUSED =
  'not accepted, because requests and fallbacks are kept in history: keys and endpoints belong in litellm_params of the config';

const ENTRY_SETTINGS = {
  num_retries: count,
  retry_policy: retryPolicy,
  timeout: totalTimeout,
  stream_timeout: attemptTimeout,
};

/** What an entry may have of ours; its other keys are fields of the body. */
const ENTRY_KEYS = ['model', ...Object.keys(ENTRY_SETTINGS)];

/** Sections whose keys would change a deployment or a router, and are no fields of a body. */
const NO_FIELDS: readonly Section[] = ['model_list', 'litellm_params', 'router_settings'];
const ENTRY = z.object({ model: name, ...ENTRY_SETTINGS });
const MISSPELT = bounded(reportMisspelt);

/** Settings that mean something for one group, or nothing at all: the others are about the whole call. */
const ALLOWED: readonly string[] = [...Object.keys(ENTRY_SETTINGS), 'max_retries'];
const CALL_SETTINGS = SETTING_KEYS.filter((key) => !ALLOWED.includes(key));

interface Reading {
  readonly form: FallbackForm;
  /** Checks the fields of the body that an entry replaces. */
  readonly body: z.ZodType;
  readonly report: Report;
  /** So many were read. */
  entries: number;
}

/** More than anybody's list has: a call comes to a few of them. */
const MAX_ENTRIES = 10_000;

/** `fallbacks`, `context_window_fallbacks`, `content_policy_fallbacks`. */
export function fallbackRules(form: FallbackForm, body: z.ZodType = z.unknown()) {
  return reader((value, report) => readRules(value, { form, body, report, entries: 0 }));
}

/** `default_fallbacks`: entries that serve every group. */
export const defaultFallbacks = reader((value, report) =>
  readEntries(value, [], { form: 'config', body: z.unknown(), report, entries: 0 }),
);

function reader<T>(read: (value: unknown, report: Report) => T) {
  return z.preprocess(unset, bounded(read).optional());
}

function readRules(value: unknown, reading: Reading): FallbackRule[] {
  const { form, report } = reading;
  if (!Array.isArray(value) && form === 'config') report.add([], RULE_FORM);
  const rules: { key: string; entries: FallbackEntry[] }[] = [];
  const add = (key: string, entries: readonly FallbackEntry[]): void => {
    // Entries that stand alone are one list, in the order in which they stand.
    const plain = key === PLAIN ? rules.find((rule) => rule.key === key) : undefined;
    if (plain === undefined) rules.push({ key, entries: [...entries] });
    else plain.entries.push(...entries);
  };
  const items = Array.isArray(value) ? value : form === 'request' ? [value] : [];
  for (const [index, item] of items.entries()) {
    if (report.isFull) break;
    const path = Array.isArray(value) ? [index] : [];
    if (isRuleMap(item)) {
      for (const [key, entries] of Object.entries(item)) {
        if (report.isFull) break;
        if (!name.safeParse(key).success) report.add([...path, key], 'expected the name of a model group, or "*"');
        add(key, readEntries(entries, [...path, key], reading));
      }
    } else if (form === 'config') report.add(path, RULE_FORM);
    else add(PLAIN, readEntry(item, path, reading));
  }
  return rules;
}

/** An object without `model` maps groups to their entries. A group may be named "model" too: its entries are a list. */
function isRuleMap(item: unknown): item is Record<string, unknown> {
  return isRecord(item) && (!Object.hasOwn(item, 'model') || Array.isArray(item['model']));
}

function readEntries(value: unknown, path: Path, reading: Reading): FallbackEntry[] {
  if (!Array.isArray(value)) return readEntry(value, path, reading);
  const entries: FallbackEntry[] = [];
  for (const [index, entry] of value.entries()) {
    if (reading.report.isFull) break;
    entries.push(...readEntry(entry, [...path, index], reading));
  }
  return entries;
}

/** What an entry may hold, and what is refused in one for a reason of its own. */
const KNOWN_IN_ENTRIES: readonly string[] = [...ENTRY_KEYS, ...REFUSED_KEYS, ...SETTING_KEYS];

/** Reports a key that is meant for us, and that we would send to the provider. */
function reportUnknown(key: string, path: Path, report: Report): void {
  if (KNOWN_IN_ENTRIES.includes(key)) return;
  const near = didYouMean(key, ENTRY_KEYS);
  const sections = sectionsWith(key).filter((section) => NO_FIELDS.includes(section));
  if (near !== '') report.add(path, `unknown key.${near}`);
  else if (sections.length > 0) report.add(path, `unknown key here. It belongs in ${sections.join(' or ')}`);
}

/** The entry, or none when it is wrong. */
function readEntry(value: unknown, path: Path, reading: Reading): FallbackEntry[] {
  const { form, body, report } = reading;
  reading.entries += 1;
  if (reading.entries > MAX_ENTRIES) report.stop(`has more than ${MAX_ENTRIES} entries; no more are read`);
  if (typeof value === 'string') {
    if (name.safeParse(value).success) return [{ group: value }];
    report.add(path, ENTRY_FORM);
    return [];
  }
  if (!isRecord(value)) {
    report.add(path, ENTRY_FORM);
    return [];
  }
  if (form === 'request') report.addAll(path, MISSPELT.safeParse(value).error?.issues);
  else for (const key of Object.keys(value)) reportUnknown(key, [...path, key], report);
  for (const key of REFUSED_KEYS) if (Object.hasOwn(value, key)) report.add([...path, key], REFUSED);
  // A null would reach the provider where a setting of ours would not.
  const fixed = ['stream', ...CALL_SETTINGS.filter((key) => value[key] !== null)];
  for (const key of fixed) {
    if (!Object.hasOwn(value, key)) continue;
    report.add([...path, key], 'holds for the whole call, and cannot change for one group');
  }
  const parsed = ENTRY.safeParse(value);
  for (const result of [parsed, body.safeParse(value)]) {
    report.addAll(path, result.error?.issues);
  }
  if (!parsed.success) return [];
  const { model, num_retries, retry_policy, timeout, stream_timeout } = parsed.data;
  const settings = compact({
    numRetries: num_retries,
    retryPolicy: retry_policy,
    timeoutMs: timeout,
    streamTimeoutMs: stream_timeout,
  });
  const fields = providerBody(value);
  return [
    {
      group: model,
      ...(Object.keys(settings).length > 0 && { settings }),
      ...(Object.keys(fields).length > 0 && { body: fields }),
    },
  ];
}
