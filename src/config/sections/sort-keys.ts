import type { Findings } from '../findings/findings.js';
import { keysOf, rowOf, type Section, sectionsWith } from '../tables/known-keys.js';
import { didYouMean, nearest } from '../findings/nearest.js';
import type { Path } from '../findings/path.js';

/** Sections with keys that are not ours to know: the provider's parameters, the operator's own information. */
const OPEN_SECTIONS: readonly Section[] = ['litellm_params', 'model_info'];

export interface SortedKeys {
  /** What there is to read, null values left out: a key without a value is not set. */
  readonly known: Record<string, unknown>;
  /** Keys of an open section that nobody here knows. */
  readonly others: Record<string, unknown>;
}

/** Parts the keys of a section by what becomes of them, and reports those that do nothing or are wrong. */
export function sortKeys(section: Section, value: object, path: Path, findings: Findings): SortedKeys {
  const known: [string, unknown][] = [];
  const others: [string, unknown][] = [];
  for (const [key, child] of Object.entries(value)) {
    const row = rowOf(section, key);
    const at = [...path, key];
    if (row === null) {
      if (!reportUnknown(section, key, at, findings) && child !== null) others.push([key, child]);
    } else if (row.status === 'ignored') {
      findings.noteOnce(`${section}.${key}`, at, `ignored: ${row.why}`, 'ignored');
    } else if (row.status === 'refused') {
      if (!isEmpty(child)) findings.problem(at, `not accepted: ${row.why}`);
    } else if (child !== null) {
      findings.honour(section, key);
      known.push([key, child]);
    }
  }
  return { known: Object.fromEntries(known), others: Object.fromEntries(others) };
}

/** Nothing, or a feature that is off. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.keys(value).length === 0
    : value === null || value === false || value === '';
}

/** Reports a key that the section does not know. Returns whether it ends here: it may well be somebody else's. */
function reportUnknown(section: Section, key: string, at: Path, findings: Findings): boolean {
  const problem = unknownKey(section, key);
  if (problem === null) return false;
  const isOpen = OPEN_SECTIONS.includes(section);
  findings.unknownKey(at, problem, isOpen && section === 'litellm_params' ? 'sent to the provider' : 'ignored');
  return !(isOpen && findings.lenient);
}

/** What is wrong with a key that the section does not know; null when it may well be somebody else's. */
function unknownKey(section: Section, key: string): string | null {
  const keys = keysOf(section);
  const meant = sectionsWith(key).filter((other) => rowOf(other, key)?.status === 'honoured');
  const places = meant.map((other) => (other === '' ? 'at the top' : `in ${other}`));
  if (places.length > 0) return `unknown key here. It belongs ${places.join(' or ')}`;
  if (!OPEN_SECTIONS.includes(section)) return `unknown key.${didYouMean(key, keys)}`;
  // Two edits make another word of a short one.
  const near = nearest(key, keys, (known) => Math.min(2, Math.floor(known.length / 2)));
  if (near === null) return null;
  const suggestion = section === 'litellm_params' ? " If it is the provider's, write it under extra_body" : '';
  return `unknown key, and too much like ${near} to be meant for others. Did you mean ${near}?${suggestion}`;
}
