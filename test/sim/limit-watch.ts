import type { LoadedConfig } from '../../src/config/index.js';
import type { BoardReport, BoardView } from '../../src/core/deployments/board.js';
import { LEASE_MS, type Share } from '../../src/core/deployments/shares.js';
import { total } from '../../src/core/common/total.js';
import type { Process, VirtualTime } from './virtual-time.js';

const MINUTE_MS = 60_000;
const LIMITS = ['rpm', 'tpm', 'maxParallelRequests'] as const;
const PER_MINUTE = ['rpm', 'tpm'] as const;

interface Asked {
  readonly process: Process;
  readonly model: string;
  readonly atMs: number;
  /** Null: it is under way. */
  readonly endMs: number | null;
  /** That it has used. */
  readonly tokens: number;
}

/** What a process may use by the board. */
interface Held {
  /** When the board heard of it last. */
  heardMs: number;
  /** What nobody else is given. */
  share: Share;
  /** What it had within the last minute. */
  shares: readonly { readonly atMs: number; readonly share: Share }[];
  /** Since when it has had no more than it was given; null: it has, from before a time without a word. */
  readonly steadySinceMs: number | null;
  /** Whether the answer has come to it. */
  isTold: boolean;
}

interface Watched {
  readonly id: string;
  readonly limits: Readonly<Record<(typeof LIMITS)[number], number>>;
  /** The requests that are under way, or began within the last minute. */
  asked: Asked[];
  readonly held: Map<Process, Held>;
}

/**
 * Sees that the limits of deployments hold over all workers together. A worker that the board has not heard of for a lease
 * keeps what it had, while others may have been given it: it does not count. Within a minute in which parts of a limit went
 * from one worker to another, each may have used what it had.
 */
export class LimitWatch {
  readonly problems: string[] = [];
  private readonly time: VirtualTime;
  private readonly byModel = new Map<string, Watched>();
  private readonly byId = new Map<string, Watched>();

  constructor(time: VirtualTime, { routing, operational }: LoadedConfig) {
    this.time = time;
    for (const { id, model } of Object.values(routing.groups).flat()) {
      const own = operational.deployments[id];
      const { rpm = Infinity, tpm = Infinity, maxParallelRequests = Infinity } = own ?? {};
      const limits = { rpm, tpm, maxParallelRequests };
      const watched = { id, limits, asked: [], held: new Map<Process, Held>() };
      this.byModel.set(model, watched);
      this.byId.set(id, watched);
    }
  }

  /** The board has a report, and has answered it. */
  heard(process: Process, { deployments }: BoardReport, view: BoardView): void {
    const heardMs = this.time.nowMs;
    for (const [id, { keeps }] of Object.entries(deployments)) {
      const watched = this.byId.get(id);
      const given = view[id]?.share;
      if (watched === undefined || given === undefined) continue;
      const before = watched.held.get(process);
      const shares = before?.shares ?? [];
      const lasting = shares.slice(
        shares.findIndex((_, at) => (shares[at + 1]?.atMs ?? Infinity) > heardMs - MINUTE_MS),
      );
      const share = Object.fromEntries(LIMITS.map((name) => [name, Math.max(given[name] ?? 0, keeps[name] ?? 0)]));
      // Without a word for long it goes by what it had: as long as it takes until an answer has come, and longer.
      const isInTime = before?.isTold === true && heardMs < before.heardMs + LEASE_MS;
      const hasItsPart = LIMITS.every((name) => (keeps[name] ?? 0) <= (given[name] ?? 0));
      watched.held.set(process, {
        heardMs,
        share,
        shares: [...lasting, { atMs: heardMs, share }],
        steadySinceMs: isInTime ? (before.steadySinceMs ?? (hasItsPart ? heardMs : null)) : null,
        isTold: false,
      });
      this.checkShares(watched);
    }
  }

  /** The answer has come to the process. */
  told(process: Process, { deployments }: BoardReport): void {
    for (const id of Object.keys(deployments)) {
      const held = this.byId.get(id)?.held.get(process);
      if (held !== undefined) held.isTold = true;
    }
  }

  private checkShares({ id, limits, held }: Watched): void {
    const limited = LIMITS.filter((name) => limits[name] < Infinity);
    if (limited.length === 0) return;
    const steady = [...held].filter(([process]) => this.steadyMs(process, held) !== null);
    for (const name of limited) {
      const sum = total(steady.map(([, { share }]) => share[name] ?? 0));
      if (sum > limits[name]) this.problems.push(`${id}: ${sum} of ${name} are given, not ${limits[name]}`);
    }
  }

  /** A request comes in. */
  begins(asked: Asked): void {
    const watched = this.byModel.get(asked.model);
    if (watched === undefined) return;
    const { nowMs } = this.time;
    watched.asked = watched.asked.filter(({ atMs, endMs }) => endMs === null || atMs > nowMs - MINUTE_MS);
    watched.asked.push(asked);
    const { id, limits, held } = watched;
    const steadyMs = this.steadyMs(asked.process, held);
    if (steadyMs === null) return;
    const isSteady = ({ process }: Asked): boolean => this.steadyMs(process, held) !== null;
    const atOnce = watched.asked.filter((each) => each.endMs === null && isSteady(each)).length;
    const { maxParallelRequests } = limits;
    if (atOnce > maxParallelRequests) {
      this.problems.push(`${id} was asked ${atOnce} at once, not ${maxParallelRequests}`);
    }
    if (steadyMs < MINUTE_MS) return;
    const own = watched.asked.filter(({ process, atMs }) => process === asked.process && atMs > nowMs - MINUTE_MS);
    const tokens = own.map((each) => each.tokens);
    // One is begun where the tokens before it are fewer than the limit.
    const used = { rpm: own.length, tpm: total(tokens) - Math.max(...tokens) };
    for (const name of PER_MINUTE) {
      const most = Math.max(...(held.get(asked.process)?.shares.map(({ share }) => share[name] ?? 0) ?? []));
      if (limits[name] === Infinity || used[name] <= most) continue;
      this.problems.push(`${asked.process.name} used ${used[name]} of ${name} of ${id} in a minute, not ${most}`);
    }
  }

  /** For how long a process has had no more than it was given; null: it has more, or may have. */
  private steadyMs(process: Process, held: Watched['held']): number | null {
    const { nowMs } = this.time;
    const { heardMs, steadySinceMs = null } = held.get(process) ?? { heardMs: -Infinity };
    const isHeardOf = process.isAlive && nowMs < heardMs + LEASE_MS;
    return isHeardOf && steadySinceMs !== null ? nowMs - steadySinceMs : null;
  }
}
