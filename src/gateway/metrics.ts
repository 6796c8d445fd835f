import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CallReport } from '../core/call/call-types.js';
import { isErrorKind } from '../core/errors/error-kinds.js';
import type { RoutingConfig } from '../core/plan/settings.js';
import { matchWildcard } from '../core/plan/wildcards.js';

/** Calls last from a moment to hours: retries wait as long as providers ask for. */
const DURATION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** Retries and fallbacks before the first content included. */
const FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300];

export interface MetricsOptions {
  readonly routing: RoutingConfig;
  /** How many requests are under way. */
  readonly inFlight: () => number;
  /** What Temporal's SDK counts, in the text format of Prometheus. @default nothing */
  readonly sdkMetrics?: (() => Promise<string>) | undefined;
}

/** What the gateway counts, for Prometheus. Labels hold names of the config only, so that callers cannot make new ones. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #routing: RoutingConfig;
  readonly #requests = this.#counter('holdfast_requests_total', 'HTTP requests that ended', ['route', 'status']);
  readonly #durations = new Histogram({
    name: 'holdfast_request_duration_seconds',
    help: 'HTTP requests, from their first byte to the end of the response',
    labelNames: ['route'],
    buckets: DURATION_BUCKETS,
    registers: [this.#registry],
  });
  readonly #firstTokens = new Histogram({
    name: 'holdfast_time_to_first_token_seconds',
    help: 'Streamed calls, from the request to the first content, by the group that answers',
    labelNames: ['group'],
    buckets: FIRST_TOKEN_BUCKETS,
    registers: [this.#registry],
  });
  readonly #attempts = this.#counter('holdfast_attempts_total', 'Attempts of calls that ended', [
    'group',
    'outcome',
    'kind',
  ]);
  readonly #retries = this.#counter(
    'holdfast_retries_total',
    'Retries of calls that ended, by the group they ended in',
    ['group'],
  );
  readonly #fallbacks = this.#counter(
    'holdfast_fallbacks_total',
    'Fallbacks of calls that ended, by the group they ended in',
    ['group'],
  );

  readonly #sdkMetrics: () => Promise<string>;

  constructor({ routing, inFlight, sdkMetrics }: MetricsOptions) {
    this.#routing = routing;
    this.#sdkMetrics = sdkMetrics ?? (() => Promise.resolve(''));
    new Gauge({
      name: 'holdfast_requests_in_flight',
      help: 'Requests for calls that are under way',
      registers: [this.#registry],
      collect() {
        this.set(inFlight());
      },
    });
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Everything that is counted in this process, in the text format of Prometheus. */
  async text(): Promise<string> {
    const [own, sdk] = await Promise.all([this.#registry.metrics(), this.#sdkMetrics()]);
    return `${own}\n${sdk}`;
  }

  requestEnded(route: string, status: number, durationMs: number): void {
    this.#requests.inc({ route, status });
    this.#durations.observe({ route }, durationMs / 1000);
  }

  firstToken(group: string, sinceRequestMs: number): void {
    this.#firstTokens.observe({ group: this.#nameOf(group) }, sinceRequestMs / 1000);
  }

  /** @param report - null when the call failed before its plan was made */
  callEnded(report: CallReport | null): void {
    if (report === null) return;
    const { ledger, retries, fallbacks } = report;
    const group = this.#nameOf(report.group);
    this.#retries.inc({ group }, retries);
    this.#fallbacks.inc({ group }, fallbacks);
    for (const entry of ledger.entries) {
      if (entry.outcome === 'note') continue;
      this.#attempts.inc({ group: this.#nameOf(entry.group), outcome: entry.outcome, kind: entry.kind ?? '' });
    }
    // Of those in the middle of a long ledger, no more than the kind is known.
    for (const [kind, count] of Object.entries(ledger.folded?.kinds ?? {})) {
      const labels = isErrorKind(kind) ? { outcome: 'failed', kind } : { outcome: kind, kind: '' };
      this.#attempts.inc({ group: '', ...labels }, count);
    }
  }

  /** A group of the config, or the wildcard that serves it. */
  #nameOf(group: string): string {
    const { groups, wildcards = {} } = this.#routing;
    if (Object.hasOwn(groups, group)) return group;
    return Object.keys(wildcards).find((pattern) => matchWildcard(pattern, group) !== null) ?? 'other';
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}
