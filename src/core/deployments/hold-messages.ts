import { isForm, isText, optional, type Check } from '../common/forms.js';
import type { HoldTarget } from './hold-target.js';

/** The board's update that holds: takes a `HoldRequest`, gives a `HoldStatus`. */
export const HOLD = 'hold';

/** The board's update that releases: takes a `ReleaseRequest`, gives the `HoldStatus` of what was held. */
export const RELEASE = 'release';

/** Type of the failure of a hold or a release of what nobody knows. */
export const NOTHING_TO_HOLD = 'NothingToHold';

export interface HoldRequest {
  /** A model group, or the id of a deployment. */
  readonly target: string;
  readonly by: string;
  readonly why: string;
  readonly diverts: boolean;
}

export interface ReleaseRequest {
  readonly target: string;
  /** Calls come back at this rate, of all workers together. @default it grows */
  readonly perSecond?: number | undefined;
}

/** Finds out what a name means, by the config of a worker. */
export type FindHoldTarget = (input: { readonly target: string }) => Promise<HoldTarget>;

const LONGEST_NAME = 500;
const LONGEST_TEXT = 300;

const isLine =
  (longest: number): Check =>
  (value) =>
    isText(value) && /^(?=.*\S)[^\n\r]*$/.test(String(value)) && String(value).length <= longest;

const isHold = isForm({
  target: isLine(LONGEST_NAME),
  by: isLine(LONGEST_TEXT),
  why: isLine(LONGEST_TEXT),
  diverts: (value) => typeof value === 'boolean',
});

const isRelease = isForm({
  target: isLine(LONGEST_NAME),
  perSecond: optional((value) => typeof value === 'number' && value > 0 && value <= 1e6),
});

/** @throws TypeError */
export function checkHold(request: unknown): asserts request is HoldRequest {
  if (isHold(request)) return;
  throw new TypeError(
    `a hold takes target, by and why, each a line of text (by and why of at most ${LONGEST_TEXT} characters), and diverts: true or false`,
  );
}

/** @throws TypeError */
export function checkRelease(request: unknown): asserts request is ReleaseRequest {
  if (!isRelease(request)) throw new TypeError('a release takes target, and perSecond: a number above 0, or none');
}
