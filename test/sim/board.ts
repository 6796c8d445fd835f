import type { BoardReport, BoardView } from '../../src/core/deployments/board.js';
import { json } from './json.js';
import type { SimProvider } from './provider.js';
import type { Server } from './server.js';
import { Timer, type Process } from './virtual-time.js';

/** As the way to the board has it. */
const ANSWERS_WITHIN_MS = 4_000;

/** The board of the providers, as workers reach it. It can be away for a while, or for good. */
export class Board {
  private readonly server: Server;
  private readonly provider: Pick<SimProvider, 'limits' | 'holds'>;
  private awayUntilMs: number;

  constructor(server: Server, provider: Pick<SimProvider, 'limits' | 'holds'>, isThere: boolean) {
    this.server = server;
    this.provider = provider;
    this.awayUntilMs = isThere ? 0 : Infinity;
  }

  /** False: it is away for good, and nobody waits for it. */
  get isThere(): boolean {
    return this.awayUntilMs < Infinity;
  }

  away(ms: number): void {
    this.awayUntilMs = Math.max(this.awayUntilMs, this.server.time.nowMs + ms);
  }

  /** Rejects where nothing comes back in time. */
  report(process: Process, report: BoardReport): Promise<BoardView> {
    const { server } = this;
    if (!this.isThere) return Promise.reject(new Error('away'));
    return new Promise((resolve, reject) => {
      const late = new Timer();
      const giveUp = (): void => {
        late.cancel();
        reject(new Error('deadline exceeded'));
      };
      process.after(ANSWERS_WITHIN_MS, giveUp, late);
      if (server.losesMessage()) return;
      const answer = (given: unknown): void => {
        const view = json(given) as BoardView;
        this.provider.limits.heard(process, report, view);
        process.after(server.latencyMs(), () => {
          if (late.isOff) return;
          late.cancel();
          this.provider.limits.told(process, report);
          this.provider.holds.told(process, view);
          resolve(view);
        });
      };
      server.time.after(server.latencyMs(), () => {
        if (this.awayUntilMs <= server.time.nowMs) server.reportToBoard(json(report)).then(answer, reject);
      });
    });
  }
}
