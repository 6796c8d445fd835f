import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where one of these stands, in any file of a folder. */
export async function leaksIn(folder: string, secrets: Readonly<Record<string, string>>): Promise<string[]> {
  const leaks: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    for (const [name, secret] of Object.entries(secrets)) {
      const at = bytes.indexOf(secret);
      const before = bytes.toString('latin1', Math.max(0, at - 80), Math.max(0, at));
      if (at !== -1) leaks.push(`the key of the ${name} is in ${file}, after ${JSON.stringify(before)}`);
    }
  }
  return leaks;
}
