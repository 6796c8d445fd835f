import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { readTextFile } from './read-json.js';
import { UsageError } from './usage-error.js';

/**
 * The text of a call: the argument itself, what is in a file (`@file`), or standard input (`-`).
 * @throws UsageError where there is none
 */
export async function promptOfArgument(argument: string): Promise<string> {
  const prompt = await read(argument);
  const isRead = argument !== prompt;
  if (prompt.trim() === '') throw new UsageError(`the prompt is empty${isRead ? `: ${whence(argument)}` : ''}`);
  if (!isRead && existsSync(argument)) {
    console.error(
      `holdfast: note: "${argument}" is the name of a file, and is sent as it is: @${argument} sends what is in it`,
    );
  }
  return prompt;
}

async function read(argument: string): Promise<string> {
  if (argument === '-') return text(process.stdin);
  return argument.startsWith('@') ? readTextFile(argument.slice(1)) : argument;
}

function whence(argument: string): string {
  return argument === '-' ? 'nothing came on standard input' : `nothing is in ${argument.slice(1)}`;
}
