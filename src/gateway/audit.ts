import type { Logger } from 'pino';
import type { Clock } from '../clock.js';
import type { GatewayContext } from './context.js';
import type { AdmissionProblem } from './refusal.js';

/** What an operator did, as the log tells it. */
interface OperatorAct {
  /** An action on a call, `hold` or `release`. */
  readonly audit: string;
  /** Who acted, by the key that was sent; `by` is what they call themselves. */
  readonly caller: string;
  readonly by?: string | undefined;
  readonly why?: string | undefined;
  /** The call; or what is held. */
  readonly callId?: string;
  readonly target?: string;
}

/** The lines of the audit are written whatever the level of the log, unless that is silent. */
function auditLog(log: Logger): Logger {
  return log.level === 'silent' ? log : log.child({}, { level: 'info' });
}

/** Does what an operator asks for, and logs a line about it: who, what, to which call, and why it was not done, where so. */
export async function audited<T>(
  { log }: Pick<GatewayContext, 'log'>,
  act: OperatorAct,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const done = await work();
    auditLog(log).info({ ...act, refused: null }, 'operator');
    return done;
  } catch (error) {
    auditLog(log).info({ ...act, refused: error instanceof Error ? error.message : String(error) }, 'operator');
    throw error;
  }
}

/** A request that was not let in. Neither its key nor its address: both may be anything, and somebody's secret. */
interface RefusedRequest {
  readonly refused: AdmissionProblem;
  /** The id of the key; `anonymous`: it is not known. */
  readonly caller: string;
  readonly requestId: string;
  readonly method: string;
  readonly route: string;
  /** Where there is more to say than `refused`. */
  readonly why?: string;
}

/** Of each key and problem, so many lines a minute; the others are counted. */
const LINES_A_MINUTE = 10;
const MINUTE_MS = 60_000;

interface Told {
  untilMs: number;
  lines: number;
  unlogged: number;
}

/** Logs a line about each request that is not let in, as long as they are few: whoever floods a gateway does not flood its log. */
export class RefusedRequests {
  readonly #log: Logger;
  readonly #clock: Pick<Clock, 'now'>;
  /** By problem and key, of which there are as many as the config has. */
  readonly #told = new Map<string, Told>();

  constructor({ log, clock }: { readonly log: Logger; readonly clock: Pick<Clock, 'now'> }) {
    this.#log = auditLog(log);
    this.#clock = clock;
  }

  tell(request: RefusedRequest): void {
    const key = `${request.refused} ${request.caller}`;
    const nowMs = this.#clock.now();
    let told = this.#told.get(key);
    if (told === undefined || nowMs >= told.untilMs) {
      told = { untilMs: nowMs + MINUTE_MS, lines: 0, unlogged: told?.unlogged ?? 0 };
      this.#told.set(key, told);
    }
    if (told.lines === LINES_A_MINUTE) {
      told.unlogged += 1;
      return;
    }
    told.lines += 1;
    const { unlogged } = told;
    told.unlogged = 0;
    this.#log.info({ audit: 'admission', ...request, ...(unlogged > 0 && { unlogged }) }, 'refused');
  }
}
