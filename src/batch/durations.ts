/** From the begin of a row's first attempt to the end of its last, in milliseconds. */
export interface DurationSummary {
  readonly min: number;
  readonly mean: number;
  /** Percentiles are estimates, within 1 %. */
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** Each bucket of the histogram ends at so many times the end of the one before. */
const GROWTH = 1.02;
const LOG_GROWTH = Math.log(GROWTH);

/** Durations without keeping them: a histogram whose buckets grow with what they count. */
export class Durations {
  private readonly buckets = new Map<number, number>();
  private count = 0;
  private sum = 0;
  private min = Infinity;
  private max = 0;

  add(durationMs: number): void {
    const bucket = durationMs < 1 ? 0 : Math.ceil(Math.log(durationMs) / LOG_GROWTH);
    this.buckets.set(bucket, (this.buckets.get(bucket) ?? 0) + 1);
    this.count += 1;
    this.sum += durationMs;
    this.min = Math.min(this.min, durationMs);
    this.max = Math.max(this.max, durationMs);
  }

  /** Null without any. */
  summary(): DurationSummary | null {
    if (this.count === 0) return null;
    const mean = Math.round(this.sum / this.count);
    return { min: this.min, mean, p50: this.percentile(0.5), p95: this.percentile(0.95), max: this.max };
  }

  private percentile(share: number): number {
    const rank = Math.ceil(share * this.count);
    let seen = 0;
    for (const bucket of [...this.buckets.keys()].toSorted((a, b) => a - b)) {
      seen += this.buckets.get(bucket) ?? 0;
      // The middle of the bucket is nowhere further than 1 % away.
      if (seen >= rank) return Math.round(Math.min(this.max, Math.max(this.min, GROWTH ** (bucket - 0.5))));
    }
    return this.max;
  }
}
