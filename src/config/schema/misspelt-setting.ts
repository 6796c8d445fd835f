import { SETTING_KEYS } from '../../core/plan/request.js';
import { nearest } from '../findings/nearest.js';
import { isRecord, type Report } from './bounded.js';

const MAX_EDITS = 2;

/** More fields than this has no request of any provider. */
const MAX_FIELDS = 1000;

/**
 * Reports fields that are so much like a setting of ours that they are hardly meant for the provider: sent on, the setting
 * would silently have no effect.
 */
export function reportMisspelt(value: unknown, report: Report): void {
  if (!isRecord(value)) return;
  const keys = Object.keys(value);
  if (keys.length > MAX_FIELDS) return report.stop(`has ${keys.length} fields; at most ${MAX_FIELDS} are read`);
  for (const key of keys) {
    const meant = settingMeantBy(key);
    if (meant !== null) {
      report.add([key], `unknown setting, and too much like ${meant} to be meant for the provider. Write ${meant}`);
    }
  }
}

/** The setting that a key misspells; null: it is a setting itself, or something else. */
export function settingMeantBy(key: string): string | null {
  const isOurs = SETTING_KEYS.some((setting) => setting === key);
  return isOurs ? null : nearest(key, SETTING_KEYS, () => MAX_EDITS);
}
