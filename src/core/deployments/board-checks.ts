/** When a deployment is checked again. */
interface Checked {
  /** Until then no other worker checks it, ms since the epoch. @default it is not checked */
  readonly checkAgainMs?: number;
}

/** Who asks a little before the time is not put off until its next time. */
const EARLY = 0.9;

/** A worker asks whether it is to check a deployment; it is, unless one was to lately. */
export function takeCheck<T extends Checked>(
  known: T,
  everyMs: number | undefined,
  nowMs: number,
): { readonly known: T; readonly checks: boolean } {
  if (everyMs === undefined || isChecked(known, nowMs)) return { known, checks: false };
  return { known: { ...known, checkAgainMs: nowMs + everyMs * EARLY }, checks: true };
}

export function isChecked({ checkAgainMs = 0 }: Checked, nowMs: number): boolean {
  return checkAgainMs > nowMs;
}
