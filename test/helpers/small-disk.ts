import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own, in memory. */
export interface SmallDisk {
  readonly path: string;
  makeReadOnly(): void;
  grow(kilobytes: number): void;
  unmount(): void;
}

function run(...[command = '', ...args]: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

/** Mounts a disk that is soon full. Needs `mounts`. */
export function mountSmallDisk(kilobytes: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-disk-'));
  const remove = (): void => rmSync(path, { recursive: true });
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    path,
    makeReadOnly: () => run('mount', '-o', 'remount,ro', path),
    grow: (size) => run('mount', '-o', `remount,size=${size}k`, path),
    unmount: () => {
      run('umount', path);
      remove();
    },
  };
}

/** Appends to a file until there is no room on its disk. */
export async function fillDisk(path: string): Promise<void> {
  for (const bytes of [64 * 1024, 512]) {
    const block = Buffer.alloc(bytes, 'x');
    const isWritten = (): Promise<boolean> =>
      appendFile(path, block).then(
        () => true,
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
          throw error;
        },
      );
    while (await isWritten());
  }
}

/** Whether this process may mount disks: root outside of containers, mostly. */
export function mayMount(): boolean {
  try {
    mountSmallDisk(4).unmount();
    return true;
  } catch {
    return false;
  }
}
