import type { GatewayContext } from './context.js';

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

/** Does what an operator asks for, and logs a line about it: who, what, to which call, and why it was not done, where so. */
export async function audited<T>(
  { log }: Pick<GatewayContext, 'log'>,
  act: OperatorAct,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const done = await work();
    log.info({ ...act, refused: null }, 'operator');
    return done;
  } catch (error) {
    log.info({ ...act, refused: error instanceof Error ? error.message : String(error) }, 'operator');
    throw error;
  }
}
