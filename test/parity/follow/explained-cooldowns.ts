import type { ExplainedDeployment } from '../../../src/core/explain/explain-deployment.js';
import { earliest, exactly, later, NO_WAIT, type Span } from './span.js';

/** Between the end of an attempt, as the ledger has it, and the moment when the worker notes its failure. */
const NOTED_LATER: Span = [0, 2_000];

const MINUTE_MS = 60_000;

/** Which deployments cool, by what was explained of them. One for all calls of a worker. */
export class ExplainedCooldowns {
  private readonly failures = new Map<string, { kind: string; atMs: number }[]>();
  private readonly until = new Map<string, Span>();

  failed({ id, cooldown }: ExplainedDeployment, kind: string, atMs: number, retryAfterMs: Span | null): void {
    const limit = cooldown.limits.find(({ kinds }) => kinds.some((each) => each === kind));
    if (limit === undefined) return;
    const recent = [...(this.failures.get(id) ?? []), { kind, atMs }].filter((each) => each.atMs > atMs - MINUTE_MS);
    this.failures.set(id, recent);
    const counted = recent.filter((each) => !limit.ofTheKind || each.kind === kind);
    if (counted.length < limit.failures) return;
    const lasts = later(retryAfterMs ?? exactly(cooldown.lastsMs.value), NOTED_LATER);
    const [least, most] = later(exactly(atMs), lasts);
    const [leastBefore, mostBefore] = this.until.get(id) ?? NO_WAIT;
    this.until.set(id, [Math.max(least, leastBefore), Math.max(most, mostBefore)]);
  }

  /** Whether a deployment cools at a time; null: nobody can tell. */
  cools(id: string, atMs: number): boolean | null {
    const [least, most] = this.until.get(id) ?? NO_WAIT;
    if (atMs < least) return true;
    return atMs > most ? false : null;
  }

  /** When the first of these deployments is back. */
  firstBack(ids: readonly string[]): Span {
    return earliest(ids.map((id) => this.until.get(id) ?? NO_WAIT));
  }
}
