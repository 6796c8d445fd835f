import { Option } from 'commander';
import { OPERATIONS, type Operation } from '../core/common/operations.js';

/** `--operation`, for commands that take a request. */
export function operationOption(): Option {
  return new Option('--operation <name>', 'what is asked for')
    .choices(Object.keys(OPERATIONS))
    .default('chat.completions' satisfies Operation);
}

/** A text as the prompt of an operation. */
export function promptOf(operation: Operation, text: string): Record<string, unknown> {
  const { api, prompt: field } = OPERATIONS[operation];
  const prompt = field === 'messages' ? [{ role: 'user', content: text }] : text;
  // Anthropic's API wants a limit.
  return { [field]: prompt, ...(api === 'anthropic' && { max_tokens: 4096 }) };
}
