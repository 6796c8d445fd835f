import { isForm, optional, type Check } from '../common/forms.js';
import { problemOfWho, saysSomething, type WhoAndWhy } from '../common/who-and-why.js';
import type { HoldTarget } from './hold-target.js';

/** The board's update that holds: takes a `HoldRequest`, gives a `HoldStatus`. */
export const HOLD = 'hold';

/** The board's update that releases: takes a `ReleaseRequest`, gives the `HoldStatus` of what was held. */
export const RELEASE = 'release';

/** Type of the failure of a hold or a release of what nobody knows. */
export const NOTHING_TO_HOLD = 'NothingToHold';

export interface HoldRequest extends WhoAndWhy {
  /** A model group, or the id of a deployment. */
  readonly target: string;
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

const isName: Check = (value) => saysSomething(value, LONGEST_NAME);

const isHold = isForm({ target: isName, diverts: (value) => typeof value === 'boolean' });

const isRelease = isForm({
  target: isName,
  perSecond: optional((value) => typeof value === 'number' && value > 0 && value <= 1e6),
});

/** @throws TypeError */
export function checkHold(request: unknown): asserts request is HoldRequest {
  const takes = 'a hold takes target, the name of a group or a deployment, by, why, and diverts: true or false';
  if (!isHold(request)) throw new TypeError(takes);
  const problem = problemOfWho(request as Partial<HoldRequest>);
  if (problem !== null) throw new TypeError(`${takes}; ${problem}`);
}

/** @throws TypeError */
export function checkRelease(request: unknown): asserts request is ReleaseRequest {
  if (!isRelease(request)) throw new TypeError('a release takes target, and perSecond: a number above 0, or none');
}
