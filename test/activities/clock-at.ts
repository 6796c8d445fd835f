/** A clock that goes on when it is told to. */
export function clockAt(startMs: number) {
  let nowMs = startMs;
  const timers: { dueMs: number; everyMs: number | null; run: () => void }[] = [];
  const clock = {
    now: () => nowMs,
    sleep: (ms: number) =>
      new Promise<void>((resolve) => timers.push({ dueMs: nowMs + ms, everyMs: null, run: resolve })),
    every: (everyMs: number, run: () => void) => {
      const timer = { dueMs: nowMs + everyMs, everyMs, run };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
  };
  /** What was due meanwhile runs once, afterwards, as in a process that was frozen. */
  const pass = async (ms: number) => {
    nowMs += ms;
    for (const timer of timers.filter(({ dueMs }) => dueMs <= nowMs)) {
      if (timer.everyMs === null) timers.splice(timers.indexOf(timer), 1);
      else timer.dueMs = nowMs + timer.everyMs;
      timer.run();
    }
    await new Promise(setImmediate);
  };
  return { clock, pass };
}
