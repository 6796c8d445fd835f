import type { Asking } from '../../src/providers/limiter.js';
import type { Slots } from '../../src/providers/slots.js';
import { CROWD_DEPLOYMENT, type Crowd } from './crowd.js';
import type { VirtualTime } from './virtual-time.js';

/** A call that comes first may find its worker without its share for so long. */
const GRACE_MS = 30_000;

/**
 * Each worker serves its flows in turn, and has a part of the limit: for a turn of a flow another one may have so many. (In one
 * world of a thousand there were 3.3; where no flow had its turn, nine of sixty had more than 4.)
 */
const TURNS_OF_EACH_WORKER = 4;

/** A request that has its turn. */
interface Begun {
  readonly flow: string;
  readonly atMs: number;
}

/**
 * Sees that keys that wait for the same deployment are served in turn, however many calls one of them has: while a call waits,
 * no other key has many more turns than its own. Not where a worker was frozen, or the board away, since the first of them
 * came: what is known of the others' lines is old then.
 */
export class FairWatch {
  readonly problems: string[] = [];
  private readonly time: VirtualTime;
  private readonly crowd: Crowd | null;
  private readonly workers: () => number;
  private readonly startMs: number;
  private readonly begun: Begun[] = [];
  /** Since when those wait who are away until their turn, by their places. */
  private readonly away = new Map<string, number>();
  private calmFromMs: number;

  constructor(time: VirtualTime, crowd: Crowd | null, workers: () => number) {
    this.time = time;
    this.crowd = crowd;
    this.workers = workers;
    this.startMs = time.nowMs;
    this.calmFromMs = time.nowMs;
  }

  /** A worker is frozen, or the board away, for so long. */
  disturbed(ms: number): void {
    this.calmFromMs = Math.max(this.calmFromMs, this.time.nowMs + ms + GRACE_MS);
  }

  /** The slots of a worker, watched. */
  watched(slots: Slots): Slots {
    if (this.crowd === null) return slots;
    const take: Slots['take'] = async (deployment, asking, expects) => {
      if (deployment !== CROWD_DEPLOYMENT) return slots.take(deployment, asking, expects);
      const cameMs = this.came(asking);
      const slot = await slots.take(deployment, asking, expects);
      if (slot.waitMs === null) this.begins(asking.flow, cameMs);
      else this.away.set(placeOf(asking.flow, slot), cameMs);
      return slot;
    };
    return { ...slots, take };
  }

  private came({ flow, place }: Asking): number {
    const since = place && this.away.get(placeOf(flow, place));
    return since ?? this.time.nowMs;
  }

  private begins(flow: string, cameMs: number): void {
    const { nowMs } = this.time;
    this.begun.push({ flow, atMs: nowMs });
    if (this.calmFromMs > this.startMs + (this.crowd?.firstMs ?? 0)) return;
    const own = this.begun.filter((each) => each.flow === flow && each.atMs >= cameMs).length;
    // Its own worker may be stopping, and the only one.
    const most = TURNS_OF_EACH_WORKER * Math.max(1, this.workers()) * own;
    const late = this.begun.filter((each) => each.flow !== flow && each.atMs >= cameMs + GRACE_MS);
    for (const [other, { length }] of Map.groupBy(late, (each) => each.flow)) {
      if (length <= most) continue;
      this.problems.push(
        `a call of ${flow} waited ${nowMs - cameMs} ms, in which ${own} of its key had turns, and ${length} of ${other}, not ${most}`,
      );
    }
  }
}

function placeOf(flow: string, { sinceMs }: { readonly sinceMs: number }): string {
  return `${flow} ${sinceMs}`;
}
