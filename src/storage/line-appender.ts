import type { Appender } from './storage.js';

interface PendingLine {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface LineAppenderOptions {
  /** Writes whole lines for good. Called by one caller at a time. */
  readonly write: (text: string) => Promise<void>;
  /** Lets go of what was opened. */
  readonly release: () => Promise<void>;
  /** How long lines wait for others to go with. */
  readonly delayMs: number;
  /** So much text waits no longer, in UTF-16 units. */
  readonly enough: number;
}

/** Groups lines: those that come while others are being written go out together in the next write. */
export class LineAppender implements Appender {
  private readonly options: LineAppenderOptions;
  private pending: PendingLine[] = [];
  private pendingLength = 0;
  private writing: Promise<void> | null = null;
  private stopWaiting: () => void = () => {};
  private closed = false;

  constructor(options: LineAppenderOptions) {
    this.options = options;
  }

  append(line: string): Promise<void> {
    if (this.closed) return Promise.reject(new Error('a line was appended after the appender was closed'));
    return new Promise((resolve, reject) => {
      this.pending.push({ line, resolve, reject });
      this.pendingLength += line.length + 1;
      if (this.pendingLength >= this.options.enough) this.stopWaiting();
      this.writing ??= this.writeAll();
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.stopWaiting();
    await this.writing;
    await this.options.release();
  }

  private async writeAll(): Promise<void> {
    while (this.pending.length > 0) {
      await this.waitForOthers();
      const lines = this.pending;
      this.pending = [];
      this.pendingLength = 0;
      try {
        await this.options.write(lines.map(({ line }) => `${line}\n`).join(''));
        for (const { resolve } of lines) resolve();
      } catch (error) {
        for (const { reject } of lines) reject(error);
      }
    }
    this.writing = null;
  }

  private waitForOthers(): Promise<void> {
    const { delayMs, enough } = this.options;
    if (delayMs === 0 || this.closed || this.pendingLength >= enough) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      this.stopWaiting = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
