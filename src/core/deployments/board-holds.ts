import { EMPTY_DEPLOYMENT, type Board, type BoardDeployment } from './board.js';
import { circuitState } from './circuit.js';
import { holdOf, type Hold } from './hold.js';
import { rampFrom } from './ramp.js';

/** A group or a deployment is held; a hold of it that there was is replaced. */
export function withHold(board: Board, hold: Hold): Board {
  const others = (board.holds ?? []).filter((each) => !isSame(each, hold));
  return { ...board, holds: [...others, hold] };
}

/**
 * A hold ends: its deployments come back on a ramp, unless they cool.
 * @param perSecond - a rate that stays. @default it grows
 */
export function withoutHold(board: Board, hold: Hold, perSecond: number | undefined, nowMs: number): Board {
  const held = Object.entries(board.deployments).filter(([id, { about }]) => holdOf([hold], id, about) !== undefined);
  const ids = new Set([...hold.deployments, ...held.map(([id]) => id)]);
  const released = [...ids].map((id) => {
    const known = board.deployments[id] ?? EMPTY_DEPLOYMENT;
    return [id, onRamp(known, perSecond, nowMs)] as const;
  });
  return {
    ...board,
    deployments: { ...board.deployments, ...Object.fromEntries(released) },
    holds: (board.holds ?? []).filter((each) => !isSame(each, hold)),
  };
}

/** What is held under a name: a group before a deployment. */
export function heldAs({ holds = [] }: Board, target: string): Hold | undefined {
  const named = holds.filter((hold) => hold.target === target);
  return named.find(({ kind }) => kind === 'group') ?? named[0];
}

function onRamp(known: BoardDeployment, perSecond: number | undefined, nowMs: number): BoardDeployment {
  const cools = circuitState(known.circuit, nowMs) === 'cooling';
  return cools ? known : { ...known, circuit: rampFrom(nowMs, perSecond) };
}

function isSame(one: Pick<Hold, 'kind' | 'target'>, other: Pick<Hold, 'kind' | 'target'>): boolean {
  return one.kind === other.kind && one.target === other.target;
}
