import { spawn } from 'node:child_process';

/** Waits for the end of its input, which comes when the parent dies in whatever way, then ends the process it watches. */
const WATCH = `
const pid = Number(process.argv[1]);
const kill = (signal) => { try { process.kill(pid, signal); } catch { process.exit(0); } };
process.stdin.resume();
process.stdin.on('close', () => {
  kill('SIGTERM');
  setInterval(() => kill(0), 200);
  setTimeout(() => { kill('SIGKILL'); process.exit(0); }, 5000);
});
`;

/**
 * Ends the process `pid` when this one dies, be it by SIGKILL, which no handler in this process could see.
 * @returns a function that ends the watch
 */
export function endWithThisProcess(pid: number): () => void {
  const watchdog = spawn(process.execPath, ['-e', WATCH, String(pid)], {
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'ignore', 'ignore'],
    windowsHide: true,
    // NODE_OPTIONS may hold loaders and inspectors that are none of the watchdog's business.
    env: { PATH: process.env['PATH'] },
  });
  watchdog.on('error', () => undefined);
  watchdog.stdin.on('error', () => undefined);
  watchdog.unref();
  if ('unref' in watchdog.stdin && typeof watchdog.stdin.unref === 'function') watchdog.stdin.unref();
  return () => {
    watchdog.kill('SIGKILL');
  };
}
