import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BatchSummary } from '../../../src/batch/index.js';
import { lastUserText } from '../../../src/mock-provider/prompt.js';
import { answerTo } from './provider.js';

interface InputRow {
  readonly custom_id: string;
  readonly body: Record<string, unknown>;
}

interface OutputRow {
  readonly custom_id: string;
  readonly response: { readonly body: { readonly choices: readonly { readonly message: { content: string } }[] } };
}

export interface CheckedOutput {
  readonly summary: BatchSummary;
  /** What is not as it must be, in sentences. */
  readonly wrong: readonly string[];
}

/**
 * Whether every row was answered, once, in the order of the input.
 * @param isScripted - then it is known what the answer to each question is
 */
export async function checkOutput(input: string, folder: string, isScripted: boolean): Promise<CheckedOutput> {
  const questions = await readRows<InputRow>(input);
  const answers = await readRows<OutputRow>(join(folder, 'output.jsonl'));
  const errors = await readRows<InputRow>(join(folder, 'errors.jsonl'));
  const summary = JSON.parse(await readFile(join(folder, 'summary.json'), 'utf8')) as BatchSummary;
  const places = new Map(answers.map(({ custom_id }, index) => [custom_id, index]));
  const missing = questions.filter(({ custom_id }) => !places.has(custom_id)).length;
  const moved = questions.filter(({ custom_id }, index) => (places.get(custom_id) ?? index) !== index).length;
  const foreign = isScripted ? questions.filter((row, index) => !isAnswer(row, answers[index])).length : 0;
  const wrong = [
    [missing, 'have no answer'],
    [answers.length - places.size, 'have more than one answer'],
    [moved, 'are not in the order of the input'],
    [foreign, 'have the answer of another one, or a damaged one'],
    [errors.length, 'failed'],
  ] as const;
  return { summary, wrong: wrong.filter(([count]) => count > 0).map(([count, what]) => `${count} rows ${what}.`) };
}

function isAnswer({ body }: InputRow, answer: OutputRow | undefined): boolean {
  return answer?.response.body.choices[0]?.message.content === answerTo(lastUserText(body));
}

async function readRows<Row>(file: string): Promise<Row[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}
