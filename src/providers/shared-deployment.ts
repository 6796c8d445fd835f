import type { DeploymentAbout, DeploymentUse, DeploymentWord } from '../core/deployments/board.js';
import type { CircuitEvent } from '../core/deployments/circuit.js';
import type { GivenShare } from '../core/deployments/shares.js';

/** A worker that has heard nothing for so long was frozen, or the board is away: it asks first. */
export const STALE_MS = 5_000;

/** What a worker has of a deployment by the board. */
export interface Shared {
  /** Null: what is told of it is told under the names of others, as with a wildcard. */
  about: DeploymentAbout | null;
  usedMs: number;
  /** Calls that wait for the share of this worker. */
  waiting: number;
  /** What this worker uses of what the board gave; null: nothing yet. */
  given: GivenShare | null;
  /** What it uses from its next report on, which gives the rest back: until then nobody else could have it. */
  givenNext: GivenShare | null;
  word: DeploymentWord | null;
  /** When that came, and when the report was sent that it answers. */
  heardMs: number;
  toldMs: number;
  /** Whether an attempt is here that could be the probe. */
  asksToProbe: boolean;
  /** How often it is checked, while this worker asks whether it is to do so now. */
  checksEveryMs: number | undefined;
  /** Whether it is, by the last answer. */
  isToCheck: boolean;
}

/** What the board was told of a deployment. */
export interface Told {
  readonly use: DeploymentUse;
  readonly askedMs: number;
  readonly events: readonly CircuitEvent[];
}

export function newShared(): Shared {
  const heard = { given: null, givenNext: null, word: null, heardMs: 0, toldMs: 0 };
  const asks = { asksToProbe: false, checksEveryMs: undefined, isToCheck: false };
  return { about: null, usedMs: 0, waiting: 0, ...heard, ...asks };
}

export function hasNoWord({ word, heardMs, asksToProbe }: Shared, nowMs: number): boolean {
  return word === null || asksToProbe || nowMs - heardMs > STALE_MS;
}
