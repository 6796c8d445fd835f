import type { Findings } from '../findings/findings.js';
import { honouredKeysOf, rowOf, type Section, sectionsWith } from '../tables/known-keys.js';
import { editsOfTypo, nearest } from '../findings/nearest.js';
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

/**
 * Reports a key that the section does not know: an error where one of its own is meant, for then a setting would be
 * lost; else a note. Returns whether it ends here: in an open section it may well be somebody else's.
 */
function reportUnknown(section: Section, key: string, at: Path, findings: Findings): boolean {
  const isOpen = OPEN_SECTIONS.includes(section);
  const near = nearest(key, honouredKeysOf(section), editsOfTypo);
  if (near !== null) {
    const outcome = section === 'litellm_params' ? 'sent to the provider' : 'ignored';
    findings.unknownKey(at, isOpen ? tooMuchLike(near, section) : `unknown key. Did you mean ${near}?`, outcome);
    return !(isOpen && findings.lenient);
  }
  const places = sectionsWith(key).map((other) => (other === '' ? 'at the top' : `in ${other}`));
  if (places.length > 0) {
    findings.note(at, `ignored: unknown key here. It belongs ${places.join(' or ')}`, 'ignored');
    return true;
  }
  if (isOpen) return false;
  findings.note(at, 'ignored: unknown key', 'ignored');
  return true;
}

function tooMuchLike(near: string, section: Section): string {
  const wayOut = section === 'litellm_params' ? " If it is the provider's, write it under extra_body" : '';
  return `unknown key, and too much like ${near} to be meant for others. Did you mean ${near}?${wayOut}`;
}
