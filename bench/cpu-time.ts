import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What Linux counts CPU time in, on every machine that Node runs on. */
const MS_PER_TICK = 10;

/**
 * CPU time of a process so far, user and system, all its threads, in milliseconds; null where it cannot be told. On Linux with
 * that of its children, also of those that have ended: PostgreSQL has a process for each connection.
 */
export async function cpuTimeMs(pid: number): Promise<number | null> {
  try {
    if (process.platform === 'linux') return await ofTree(pid);
    if (process.platform === 'win32') return null;
    return ofPs((await promisify(execFile)('ps', ['-o', 'time=', '-p', String(pid)])).stdout);
  } catch {
    return null;
  }
}

async function ofTree(pid: number): Promise<number | null> {
  const own = ofStat(await readFile(`/proc/${pid}/stat`, 'utf8'));
  const children = await Promise.all((await childrenOf(pid)).map(cpuTimeMs));
  return own === null ? null : children.reduce<number>((sum, time) => sum + (time ?? 0), own);
}

/** Each thread has the children that it has made. */
async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const lists = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''));
  return (await Promise.all(lists)).flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/**
 * The name of the program, in parentheses, may hold anything; after it the 12th to 15th field are utime and stime, and those
 * of the children that have ended.
 */
function ofStat(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return Number.isFinite(ticks) ? ticks * MS_PER_TICK : null;
}

/** `[[days-]hours:]minutes:seconds[.hundredths]` */
function ofPs(text: string): number | null {
  const [time = '', days = '0'] = text.trim().split('-').toReversed();
  const seconds = time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  const ms = (Number(days) * 86_400 + seconds) * 1000;
  return Number.isFinite(ms) ? ms : null;
}
