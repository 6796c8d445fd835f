import type { BatchRow } from '../../batch/index.js';

export interface LanesOptions {
  readonly rows: readonly BatchRow[];
  /** Rows in flight at once. */
  readonly slots: number;
  /** Rows of a model group in flight at once. */
  readonly groupSlots: Readonly<Record<string, number>>;
  readonly work: (row: BatchRow) => Promise<void>;
  /** Whether no row is to be begun any more. */
  readonly isStopped: () => boolean;
}

/** Rows that are being worked on, some at a time. */
export class RowLanes {
  private readonly options: LanesOptions;
  private readonly waiting: BatchRow[];
  private readonly inGroup = new Map<string, number>();
  private failure: { error: unknown } | null = null;
  inFlight = 0;

  constructor(options: LanesOptions) {
    this.options = options;
    this.waiting = [...options.rows].reverse();
  }

  /** Rows that were not begun. */
  get left(): number {
    return this.waiting.length;
  }

  /** Works until nothing is left or all is stopped. What is in flight ends first, also before an error is thrown. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.options.slots }, () => this.lane()));
    if (this.failure !== null) throw this.failure.error;
  }

  private async lane(): Promise<void> {
    for (let row = this.take(); row !== undefined; row = this.take()) {
      const { group } = row;
      this.count(group, 1);
      try {
        await this.options.work(row);
      } catch (error) {
        this.failure ??= { error };
      } finally {
        this.count(group, -1);
      }
    }
  }

  /** The next row whose group has room. A lane that finds none ends: the lanes of that group take the rest. */
  private take(): BatchRow | undefined {
    if (this.failure !== null || this.options.isStopped()) return undefined;
    const index = this.waiting.findLastIndex(({ group }) => this.hasRoom(group));
    return index === -1 ? undefined : this.waiting.splice(index, 1)[0];
  }

  private hasRoom(group: string): boolean {
    return (this.inGroup.get(group) ?? 0) < (this.options.groupSlots[group] ?? Infinity);
  }

  private count(group: string, change: 1 | -1): void {
    this.inFlight += change;
    this.inGroup.set(group, (this.inGroup.get(group) ?? 0) + change);
  }
}
