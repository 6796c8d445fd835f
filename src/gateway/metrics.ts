import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { RoutingConfig } from '../core/plan/settings.js';
import { groupLabel } from '../metrics/config-names.js';

/** Calls last from a moment to hours: retries wait as long as providers ask for. */
const DURATION_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200];

/** Retries and fallbacks before the first content included. */
const FIRST_TOKEN_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300];

interface MetricsOptions {
  readonly registry: Registry;
  readonly routing: RoutingConfig;
  /** How many requests are under way. */
  readonly inFlight: () => number;
}

/** What the gateway counts, for Prometheus. Labels hold names of the config only, so that callers cannot make new ones. */
export class GatewayMetrics {
  readonly #routing: RoutingConfig;
  readonly #requests;
  readonly #durations;
  readonly #firstTokens;
  readonly #registry: Registry;
  /** Only of a gateway that has a certificate. */
  #certificate: Gauge | undefined;

  constructor({ registry, routing, inFlight }: MetricsOptions) {
    const registers = [registry];
    this.#registry = registry;
    this.#routing = routing;
    this.#requests = new Counter({
      name: 'holdfast_requests_total',
      help: 'HTTP requests that ended',
      labelNames: ['route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'holdfast_request_duration_seconds',
      help: 'HTTP requests, from their first byte to the end of the response',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#firstTokens = new Histogram({
      name: 'holdfast_time_to_first_token_seconds',
      help: 'Streamed calls, from the request to the first content, by the group that answers',
      labelNames: ['group'],
      buckets: FIRST_TOKEN_BUCKETS,
      registers,
    });
    new Gauge({
      name: 'holdfast_requests_in_flight',
      help: 'Requests for calls that are under way',
      registers,
      collect() {
        this.set(inFlight());
      },
    });
  }

  requestEnded(route: string, status: number, durationMs: number): void {
    this.#requests.inc({ route, status });
    this.#durations.observe({ route }, durationMs / 1000);
  }

  firstToken(group: string, sinceRequestMs: number): void {
    this.#firstTokens.observe({ group: groupLabel(this.#routing, group) }, sinceRequestMs / 1000);
  }

  /** When the certificate that is served expires, ms since the epoch. */
  certificateExpires(atMs: number): void {
    this.#certificate ??= new Gauge({
      name: 'holdfast_certificate_expires_seconds',
      help: 'When the certificate of the gateway expires, seconds since the epoch',
      registers: [this.#registry],
    });
    this.#certificate.set(atMs / 1000);
  }
}
