import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

/** Proxies close connections that are silent: the shortest that is common is 30 s. */
const KEEP_ALIVE_MS = 15_000;

/** One line, and no empty one after it: strict readers, Go's among them, take that for an event without data. */
export const COMMENT = ': keep-alive\n';

/** A reader that takes nothing for so long is gone, whatever its connection says. */
const STUCK_MS = 60_000;

export interface StreamedEvent {
  /** @default none: then readers call it `message` */
  readonly event?: string;
  /** What a reader sends as `Last-Event-ID` when it comes back. */
  readonly id?: number;
  readonly data: unknown;
}

/**
 * Server-sent events as the body of a response. Something goes out whenever it was silent for long: a comment, or an event
 * that says nothing.
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #keepAlive: NodeJS.Timeout | undefined;
  #emptied: Promise<void> | null = null;

  /**
   * @param keepAliveMs - how long it may be silent; 0: for ever
   * @param keepAlive - what goes out then
   */
  constructor(reply: FastifyReply, keepAliveMs: number = KEEP_ALIVE_MS, keepAlive: string = COMMENT) {
    reply.hijack();
    this.#response = reply.raw;
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) this.#response.setHeader(name, value);
    }
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      // nginx would collect the events otherwise.
      'x-accel-buffering': 'no',
    });
    this.#keepAlive = keepAliveMs === 0 ? undefined : setInterval(() => this.#sendKeepAlive(keepAlive), keepAliveMs);
    this.#response.once('close', () => clearInterval(this.#keepAlive));
    this.#response.flushHeaders();
  }

  async send({ event, id, data }: StreamedEvent): Promise<void> {
    const lines = [
      ...(event === undefined ? [] : [`event: ${event}`]),
      ...(id === undefined ? [] : [`id: ${id}`]),
      `data: ${JSON.stringify(data)}`,
    ];
    await this.sendText(`${lines.join('\n')}\n\n`);
  }

  /**
   * Sends events that are written already. Resolves when there is room for more; at once when the reader has gone away.
   */
  async sendText(text: string): Promise<void> {
    this.#keepAlive?.refresh();
    if (this.#response.destroyed || this.#response.write(text)) return;
    await this.#room();
  }

  /** Not to a reader that has not taken what there is. */
  #sendKeepAlive(text: string): void {
    if (!this.#response.writableNeedDrain) this.#response.write(text);
  }

  /** Many may wait for it. */
  #room(): Promise<void> {
    this.#emptied ??= this.#untilEmptied().finally(() => (this.#emptied = null));
    return this.#emptied;
  }

  #untilEmptied(): Promise<void> {
    return new Promise<void>((resolve) => {
      const stuck = setTimeout(() => {
        this.#response.destroy();
        done();
      }, STUCK_MS);
      const done = () => {
        clearTimeout(stuck);
        this.#response.off('drain', done).off('close', done);
        resolve();
      };
      this.#response.on('drain', done).on('close', done);
    });
  }

  end(): void {
    // It may still be queued behind another response of its connection.
    clearInterval(this.#keepAlive);
    this.#response.end();
  }
}
