import { collectDefaultMetrics, Registry } from 'prom-client';
import type { SdkMetrics } from './sdk-metrics.js';

/** What one process counts, for Prometheus: a worker, a gateway, or both. */
export class ProcessMetrics {
  readonly registry = new Registry();
  readonly #sdkMetrics: SdkMetrics;

  /** @param sdkMetrics - what Temporal's SDK counts. @default nothing */
  constructor(sdkMetrics: SdkMetrics = () => Promise.resolve('')) {
    this.#sdkMetrics = sdkMetrics;
    collectDefaultMetrics({ register: this.registry });
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Everything that is counted in this process, in the text format of Prometheus. */
  async text(): Promise<string> {
    const [own, sdk] = await Promise.all([this.registry.metrics(), this.#sdkMetrics()]);
    return `${own}\n${sdk}`;
  }
}
