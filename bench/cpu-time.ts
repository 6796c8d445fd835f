import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What Linux counts CPU time in, on every machine that Node runs on. */
const MS_PER_TICK = 10;

/** CPU time of a process so far, user and system, all its threads, in milliseconds; null where it cannot be told. */
export async function cpuTimeMs(pid: number): Promise<number | null> {
  try {
    if (process.platform === 'linux') return ofStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (process.platform === 'win32') return null;
    return ofPs((await promisify(execFile)('ps', ['-o', 'time=', '-p', String(pid)])).stdout);
  } catch {
    return null;
  }
}

/** The name of the program, in parentheses, may hold anything; after it utime and stime are the 12th and 13th field. */
function ofStat(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks * MS_PER_TICK : null;
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
function ofPs(text: string): number | null {
  const [time = '', days = '0'] = text.trim().split('-').toReversed();
  const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  const ms = (Number(days) * 86_400 + seconds) * 1000;
  return Number.isFinite(ms) ? ms : null;
}
