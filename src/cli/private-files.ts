import { chmod } from 'node:fs/promises';

/** What SQLite keeps beside a database. */
const BESIDE = ['', '-wal', '-shm'] as const;

/**
 * From here on, files of this process and of those that it starts are its user's own: prompts and answers are in them. Those
 * of a database that is there already, and folders, too.
 */
export async function keepFilesPrivate(dbFile: string, folders: readonly string[]): Promise<void> {
  process.umask(0o077);
  const files = BESIDE.map((suffix) => chmod(`${dbFile}${suffix}`, 0o600));
  // What is not there has nothing to hide; what belongs to another user is his.
  await Promise.allSettled([...files, ...folders.map((folder) => chmod(folder, 0o700))]);
}
