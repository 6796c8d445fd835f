const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm and npx pass on a Ctrl-C that the terminal has sent already: the two count as one. */
const SAME_SIGNAL_MS = 300;

/** Calls back for each request to stop, with its one-based number. */
export function onStopSignal(callback: (signalNumber: number) => void): void {
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
  for (const signal of SIGNALS) process.on(signal, listener);
}
