interface Sample {
  readonly atMs: number;
  readonly rows: number;
}

/** Figures of a running batch come in steps: over so long they make an even rate. */
const WINDOW_MS = 20_000;

/** How fast rows come to their end, over the last while. */
export class Rate {
  private samples: Sample[] = [];

  /** @param rows that have come to their end so far */
  add(rows: number, atMs: number): void {
    this.samples = [...this.samples.filter((sample) => sample.atMs > atMs - WINDOW_MS), { atMs, rows }];
  }

  /** Rows a second; null while there is too little to tell. */
  get perSecond(): number | null {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.atMs - first.atMs < 1000) return null;
    return ((last.rows - first.rows) / (last.atMs - first.atMs)) * 1000;
  }
}
