import { Gauge, type Registry } from 'prom-client';

/** Which config is in force, for Prometheus. */
export class ConfigMetrics {
  readonly #since: Gauge<'hash'>;
  readonly #isRight: Gauge;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#since = new Gauge({
      name: 'holdfast_config_in_force_since_seconds',
      help: 'When the config came into force, seconds since the epoch, by its hash',
      labelNames: ['hash'],
      registers,
    });
    this.#isRight = new Gauge({
      name: 'holdfast_config_last_read_ok',
      help: '1: the config that was read last is in force; 0: it was refused, and one before it is',
      registers,
    });
  }

  inForce(hash: string, nowMs: number): void {
    this.#since.reset();
    this.#since.set({ hash }, nowMs / 1000);
    this.#isRight.set(1);
  }

  refused(): void {
    this.#isRight.set(0);
  }
}
