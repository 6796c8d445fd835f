import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { GatewayMetrics } from './metrics.js';

/** From when to when clients take a certificate, ms since the epoch. */
export interface Term {
  readonly fromMs: number;
  readonly toMs: number;
}

const DAY_MS = 24 * 3_600_000;
/** One that ends sooner is told of. */
const SOON_DAYS = 14;
const LOOK_MS = 3_600_000;

/** What is wrong with a certificate, or soon will be; null: nothing. */
export function troubleOf({ fromMs, toMs }: Term, nowMs: number): string | null {
  if (nowMs > toMs) return 'the certificate has expired: clients refuse it';
  if (nowMs < fromMs) return 'the certificate is not valid yet: clients refuse it';
  return toMs - nowMs < SOON_DAYS * DAY_MS ? `the certificate expires in less than ${SOON_DAYS} days` : null;
}

export interface TermDeps {
  readonly clock: Pick<Clock, 'now' | 'every'>;
  readonly log: Pick<Logger, 'warn'>;
  readonly metrics: Pick<GatewayMetrics, 'certificateExpires'>;
}

/** Follows the terms of certificates: the log says once of each what is wrong with it, also where that comes later. */
export class CertificateTerm {
  readonly #deps: TermDeps;
  /** File of the certificate, for whoever reads the log. */
  readonly #file: string;
  #term: Term;
  #told: string | null = null;
  /** Ends this. */
  readonly end: () => void;

  constructor(deps: TermDeps, file: string, term: Term) {
    this.#deps = deps;
    this.#file = file;
    this.#term = term;
    this.end = deps.clock.every(LOOK_MS, () => this.#look());
    this.is(term);
  }

  /** Another certificate has taken the place of the one before. */
  is(term: Term): void {
    this.#term = term;
    this.#told = null;
    this.#deps.metrics.certificateExpires(term.toMs);
    this.#look();
  }

  #look(): void {
    const trouble = troubleOf(this.#term, this.#deps.clock.now());
    const isNews = trouble !== null && trouble !== this.#told;
    this.#told = trouble;
    if (isNews) this.#deps.log.warn({ cert: this.#file, expires: new Date(this.#term.toMs).toISOString() }, trouble);
  }
}
