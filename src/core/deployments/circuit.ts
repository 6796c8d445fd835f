import { rampFrom, type Ramp } from './ramp.js';

/** A deployment that cools, and after that is asked by one attempt alone: the probe. */
interface OpenCircuit {
  readonly state: 'open';
  /** Since when it has not answered, ms since the epoch. */
  readonly sinceMs: number;
  /** Until then nobody asks it; then it is half-open. */
  readonly untilMs: number;
  readonly probe: Probe | null;
}

interface Probe {
  /** Who makes it. */
  readonly worker: string;
  /** A probe that takes longer keeps nobody any more. */
  readonly untilMs: number;
}

/** What a deployment lets through after it failed, or was held. Undefined: everything. */
export type Circuit = OpenCircuit | Ramp | undefined;

/** What a worker sees of a deployment. */
export type CircuitEvent =
  /** It is left alone until then. */
  | { readonly type: 'cools'; readonly untilMs: number }
  /** It is not left alone, but whoever failed there was asked to come back then: together they come on a ramp. */
  | { readonly type: 'asked to wait'; readonly untilMs: number }
  /** An attempt comes that could be the probe. */
  | { readonly type: 'probes' }
  | { readonly type: 'answered' }
  /** The probe has ended, and says nothing of the deployment. */
  | { readonly type: 'not answered' };

const LONGEST_PROBE_MS = 30_000;

/** Who is asked to wait for longer comes back by itself. */
const LONGEST_ASKED_MS = 24 * 3600_000;

/** A deployment that nobody asks for so long after its cooldown is forgotten: callers name the models of a wildcard. */
const REMEMBERED_MS = 10 * 60_000;

/** How a deployment stands, in words. */
export type CircuitState = 'closed' | 'cooling' | 'half-open' | 'probing' | 'ramp';

export function circuitState(circuit: Circuit, nowMs: number): CircuitState {
  if (circuit === undefined) return 'closed';
  if (circuit.state === 'ramp') return circuit.sinceMs > nowMs ? 'closed' : 'ramp';
  if (circuit.untilMs > nowMs) return 'cooling';
  return circuit.probe !== null && circuit.probe.untilMs > nowMs ? 'probing' : 'half-open';
}

export function circuitAfter(circuit: Circuit, event: CircuitEvent, worker: string, nowMs: number): Circuit {
  const state = circuitState(circuit, nowMs);
  const open = circuit?.state === 'open' ? circuit : { state: 'open' as const, sinceMs: nowMs, untilMs: 0 };
  switch (event.type) {
    case 'cools':
      return { ...open, untilMs: Math.max(open.untilMs, event.untilMs), probe: null };
    case 'asked to wait':
      return circuit === undefined || (circuit.sinceMs > nowMs && circuit.sinceMs < event.untilMs)
        ? rampFrom(Math.min(event.untilMs, nowMs + LONGEST_ASKED_MS))
        : circuit;
    case 'probes':
      return state === 'half-open' ? { ...open, probe: { worker, untilMs: nowMs + LONGEST_PROBE_MS } } : circuit;
    case 'answered':
      return state === 'half-open' || state === 'probing' ? rampFrom(nowMs) : circuit;
    case 'not answered':
      return isProbedBy(circuit, worker) ? { ...open, probe: null } : circuit;
  }
}

export function isProbedBy(circuit: Circuit, worker: string): boolean {
  return circuit?.state === 'open' && circuit.probe?.worker === worker;
}

/** Without a probe whose worker was lost. */
export function withoutLostProbe(circuit: Circuit, isThere: (worker: string) => boolean): Circuit {
  if (circuit?.state !== 'open' || circuit.probe === null || isThere(circuit.probe.worker)) return circuit;
  return { ...circuit, probe: null };
}

/** Whether nobody has asked for the deployment for long. */
export function isForgotten(circuit: Circuit, nowMs: number): boolean {
  return circuit?.state === 'open' && circuit.untilMs + REMEMBERED_MS <= nowMs;
}

/** By the clock of another: workers and board tell each other how long from now. */
export function shifted(circuit: Circuit, byMs: number): Circuit {
  if (circuit === undefined) return undefined;
  const sinceMs = circuit.sinceMs + byMs;
  if (circuit.state === 'ramp') return { ...circuit, sinceMs };
  const { probe, untilMs } = circuit;
  return {
    ...circuit,
    sinceMs,
    untilMs: untilMs + byMs,
    probe: probe && { ...probe, untilMs: probe.untilMs + byMs },
  };
}

export function shiftedEvent(event: CircuitEvent, byMs: number): CircuitEvent {
  return 'untilMs' in event ? { ...event, untilMs: event.untilMs + byMs } : event;
}
