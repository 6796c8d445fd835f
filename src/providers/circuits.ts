import {
  circuitAfter,
  circuitState,
  isForgotten,
  isProbedBy,
  shifted,
  type Circuit,
  type CircuitEvent,
} from '../core/deployments/circuit.js';
import { isRampOver } from '../core/deployments/ramp.js';

/** An answer of so long ago says nothing any more of a deployment that others have seen fail. */
const ANSWERED_MS = 60_000;

/** One that is being probed is looked for again after so long, where a time is asked for. */
const PROBE_MS = 1_000;

const ANSWERED: CircuitEvent = { type: 'answered' };

interface Kept {
  circuit: Circuit;
  /** What the board does not know yet. */
  news: readonly CircuitEvent[];
  /** Whether an attempt of this worker is the probe. */
  isProbing: boolean;
}

/** The circuits of deployments as this worker knows them: by what it sees, and what the board says. */
export class Circuits {
  readonly #worker: string;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();
  /** When each has answered last; the oldest first. */
  readonly #answeredMs = new Map<string, number>();

  /** @param worker - the name of this worker */
  constructor(worker: string, now: () => number) {
    this.#worker = worker;
    this.#now = now;
  }

  of(id: string): Circuit {
    const circuit = this.#known(id);
    return circuitState(circuit, this.#now()) === 'closed' ? undefined : circuit;
  }

  /** Also a ramp that is to come. */
  #known(id: string): Circuit {
    const circuit = this.#kept.get(id)?.circuit;
    const nowMs = this.#now();
    // The board says when a ramp ends that does not grow.
    const isOver = circuit?.state === 'ramp' && isRampOver(circuit, true, nowMs);
    return isOver || isForgotten(circuit, nowMs) ? undefined : circuit;
  }

  /** Returns whether the circuit is another one by that. */
  happened(id: string, event: CircuitEvent): boolean {
    if (event.type === 'answered') this.#hasAnswered(id);
    const before = this.#known(id);
    const circuit = circuitAfter(before, event, this.#worker, this.#now());
    if (circuit === before) return false;
    const { news = [] } = this.#kept.get(id) ?? {};
    this.#forgetOld();
    // Of many that fail together the last one says it all.
    const others = 'untilMs' in event ? news.filter(({ type }) => type !== event.type) : news;
    this.#kept.set(id, { circuit, news: [...others, event], isProbing: false });
    return circuitState(before, this.#now()) !== circuitState(circuit, this.#now());
  }

  /** Makes an attempt the probe, if this worker may make it. */
  beginProbe(id: string): boolean {
    const kept = this.#kept.get(id);
    if (kept === undefined || kept.isProbing || !isProbedBy(kept.circuit, this.#worker)) return false;
    kept.isProbing = true;
    return true;
  }

  isProbing(id: string): boolean {
    return this.#kept.get(id)?.isProbing ?? false;
  }

  /** When it can be asked again, ms since the epoch; null: it can be asked, also by a probe of this worker. */
  returnMs(id: string): number | null {
    const circuit = this.of(id);
    const nowMs = this.#now();
    if (circuit?.state !== 'open') return null;
    if (circuit.untilMs > nowMs) return circuit.untilMs;
    const isFree = circuit.probe === null || (isProbedBy(circuit, this.#worker) && !this.isProbing(id));
    return isFree || circuitState(circuit, nowMs) === 'half-open' ? null : nowMs + PROBE_MS;
  }

  /** What the board is to be told. */
  news(id: string): readonly CircuitEvent[] {
    return this.#kept.get(id)?.news ?? [];
  }

  /** The board's word, which knows these news. */
  take(id: string, word: Circuit, known: readonly CircuitEvent[]): void {
    const { news = [], isProbing = false } = this.#kept.get(id) ?? {};
    const nowMs = this.#now();
    const left = news.filter((event) => !known.includes(event));
    // It may have answered this worker, which knew nothing of a failure, after it had cooled.
    if (word?.state === 'open' && nowMs + word.untilMs <= (this.#answeredMs.get(id) ?? 0)) left.push(ANSWERED);
    const circuit = left.reduce<Circuit>(
      (before, event) => circuitAfter(before, event, this.#worker, nowMs),
      shifted(word, nowMs),
    );
    if (circuit === undefined) this.#kept.delete(id);
    else this.#kept.set(id, { circuit, news: left, isProbing: isProbing && isProbedBy(circuit, this.#worker) });
  }

  #hasAnswered(id: string): void {
    const nowMs = this.#now();
    this.#answeredMs.delete(id);
    this.#answeredMs.set(id, nowMs);
    for (const [each, atMs] of this.#answeredMs) {
      if (atMs > nowMs - ANSWERED_MS) return;
      this.#answeredMs.delete(each);
    }
  }

  /** Callers name the models of a wildcard: what is over must not pile up. */
  #forgetOld(): void {
    for (const id of this.#kept.keys()) if (this.#known(id) === undefined) this.#kept.delete(id);
  }
}
