/** Chance that a seed decides. */
export class Chance {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  readonly random = (): number => {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  /** Its own stream of chance, for one concern: more of it here changes nothing there. */
  fork(): Chance {
    return new Chance(Math.floor(this.random() * 2 ** 32));
  }

  is(probability: number): boolean {
    return this.random() < probability;
  }

  /** From the least to the most, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.random() * (most - least + 1));
  }

  of<T>(values: readonly T[]): T {
    return values[Math.floor(this.random() * values.length)]!;
  }

  /** Mostly short, sometimes long. */
  ms(most: number): number {
    return Math.round(this.random() ** 3 * most);
  }
}
