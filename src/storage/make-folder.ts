import { mkdir } from 'node:fs/promises';

/**
 * Makes a folder and those above it. Of one that cannot be made, as on a disk that is read-only, Node says only that it is not there;
 * this throws why.
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, ...(mode !== undefined && { mode }) });
  } catch (error) {
    const { code, path: missing } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && missing !== undefined) await mkdir(missing);
    throw error;
  }
}
