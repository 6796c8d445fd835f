import type { StreamPart } from '../../src/core/call/stream-part.js';
import type { LocalStreams } from '../../src/streaming/local-streams.js';
import type { Asked } from './provider.js';

/** Who reads the answer of a call along, in the process that started it. */
export class StreamReader {
  /** Whether it takes another attempt's answer after it has seen a part of one. */
  readonly restart: boolean;
  readonly parts: StreamPart[] = [];
  private readonly left = new AbortController();

  constructor(restart: boolean) {
    this.restart = restart;
  }

  get hasLeft(): boolean {
    return this.left.signal.aborted;
  }

  read(streams: LocalStreams, callId: string, runId: string): void {
    const reading = async (): Promise<void> => {
      for await (const part of streams.read({ callId, runId }, this.left.signal)) this.parts.push(part);
    };
    void reading();
  }

  leave(): void {
    this.left.abort();
  }

  /** What did not hold of the stream of a call, whose requests these are. */
  problems(who: string, asked: readonly Asked[]): string[] {
    const problems: string[] = [];
    for (const [number, each] of asked.entries()) {
      const read = this.indexesOf(each);
      if (read.some((index, at) => index !== at)) problems.push(`${who} read ${read.join(', ')} of request ${number}`);
      if (each.stream === 'withdrawn' && read.length > 0 && !this.hasLeft && !this.restart) {
        problems.push(`${who} read of request ${number}, which was taken back`);
      }
      const isLast = asked.every(({ atMs }) => atMs <= each.atMs);
      if (each.stream === 'delivered' && each.told === true && !isLast) {
        problems.push(`${who} was asked for again after content of request ${number} was delivered`);
      }
    }
    return problems;
  }

  /** Which events of a request were read, by their places in its answer. */
  private indexesOf({ number }: Asked): number[] {
    const read = this.parts.flatMap(({ events }) => events).map(({ data }) => data.split(' ').map(Number));
    return read.filter(([request]) => request === number).map(([, index = Number.NaN]) => index);
  }
}
