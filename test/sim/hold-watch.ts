import type { LoadedConfig } from '../../src/config/index.js';
import type { BoardView } from '../../src/core/deployments/board.js';
import type { Process, VirtualTime } from './virtual-time.js';

interface Asked {
  readonly who: string;
  readonly process: Process;
  readonly model: string;
}

/** What a process was told of a deployment. */
interface Told {
  /** Since when it has known of a hold; null: it is not held. */
  readonly heldMs: number | null;
  readonly toldMs: number;
}

/** An attempt that has its turn when a hold is told is made. */
const UNDER_WAY_MS = 2_000;
/** A process that hears nothing when it reports again may have forgotten the deployment: once a second, if it has limits. */
const REMEMBERED_MS = 1_000;
/** One that hears nothing for so long may be frozen. */
const FROZEN_MS = 2_500;

/** Sees that no call asks a deployment that its worker knows to be held. */
export class HoldWatch {
  /** What did not hold. */
  readonly problems: string[] = [];
  private readonly idOf = new Map<string, string>();
  private readonly knownTo = new Map<Process, Map<string, Told>>();
  private readonly time: VirtualTime;

  constructor(time: VirtualTime, { routing }: LoadedConfig) {
    this.time = time;
    for (const { id, model } of Object.values(routing.groups).flat()) this.idOf.set(model, id);
  }

  /** The answer of the board has come to a process. */
  told(process: Process, view: BoardView): void {
    const toldMs = this.time.nowMs;
    const known = this.knownTo.get(process) ?? new Map<string, Told>();
    this.knownTo.set(process, known);
    for (const [id, { word }] of Object.entries(view)) {
      const before = known.get(id);
      // It may have been frozen since.
      const heldMs = before !== undefined && toldMs - before.toldMs < FROZEN_MS ? before.heldMs : null;
      known.set(id, { heldMs: word?.hold === undefined ? null : (heldMs ?? toldMs), toldMs });
    }
  }

  /** A request comes in. Of a row, storage may keep one waiting that has had its turn. */
  begins({ who, process, model }: Asked): void {
    const known = this.knownTo.get(process)?.get(this.idOf.get(model) ?? '');
    if (known === undefined || known.heldMs === null || who.includes('/')) return;
    const { nowMs } = this.time;
    if (nowMs - known.toldMs > REMEMBERED_MS || nowMs - known.heldMs <= UNDER_WAY_MS) return;
    this.problems.push(
      `${who} asked ${model}, which ${process.name} has known to be held for ${nowMs - known.heldMs} ms`,
    );
  }
}
