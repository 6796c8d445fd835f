const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Where the end of a terminal sends it, it ends a process; elsewhere it is for whoever reads a config again. */
const HANG_UP = 'SIGHUP';

/** npm and npx pass on a Ctrl-C that the terminal has sent already: the two count as one. */
const SAME_SIGNAL_MS = 300;

/**
 * Calls back for each request to stop, with its one-based number.
 * @param onHangUp - what SIGHUP does in a process without a terminal. @default it stops, too
 */
export function onStopSignal(callback: (signalNumber: number) => void, onHangUp?: () => void): void {
  let lastMs = -Infinity;
  let count = 0;
  const listener = () => {
    const nowMs = performance.now();
    const isSame = nowMs - lastMs < SAME_SIGNAL_MS;
    lastMs = nowMs;
    if (isSame) return;
    count += 1;
    callback(count);
  };
  const hangUp = hasTerminal() ? listener : (onHangUp ?? listener);
  for (const signal of SIGNALS) process.on(signal, signal === HANG_UP ? hangUp : listener);
}

function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some(({ isTTY }) => isTTY);
}
