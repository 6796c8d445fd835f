import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { UsageError } from './usage-error.js';

/** A request of a caller's. */
export const A_REQUEST = 'a request, an object such as {"model": …, "messages": […]}';

/**
 * Reads an object from a file of JSON; `-` is standard input.
 * @param what - what it is to be, for people
 */
export async function readJsonObject(file: string, what: string): Promise<Readonly<Record<string, unknown>>> {
  const name = file === '-' ? 'standard input' : file;
  const source = await read(file);
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch (error) {
    throw new UsageError(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError(`${name}: expected ${what}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

export async function readTextFile(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function read(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readTextFile(file);
}
