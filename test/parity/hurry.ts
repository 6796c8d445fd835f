import type { ParityCase } from './case-file.js';

/** What has so little time, in seconds, must not share the machine. */
const HURRIED_S = 2;

/** Whether a request or an attempt of a case has little time. */
export function isHurried({ config, before, request }: ParityCase): boolean {
  return hasShortTimeout([config, before, request]);
}

/** `timeout`, `stream_timeout`, `request_timeout`, …, wherever it stands. */
function hasShortTimeout(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => {
    return key.endsWith('timeout') ? Number(inner) > 0 && Number(inner) <= HURRIED_S : hasShortTimeout(inner);
  });
}
