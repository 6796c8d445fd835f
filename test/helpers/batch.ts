import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BatchHandle, HoldfastClient } from '../../src/client.js';
import { isOver } from '../../src/client/batch-status.js';
import type { BatchMode } from '../../src/core/batch/batch.js';
import type { MockProvider } from '../../src/mock-provider/index.js';
import { waitFor } from './wait-for.js';

/** A line of a batch's input. */
export interface TestRow {
  readonly customId: string;
  readonly model: string;
  readonly prompt: string;
  readonly body?: Record<string, unknown>;
}

/** Rows for groups in turn, each with a prompt of its own. */
export function testRows(count: number, models: readonly string[], body: Record<string, unknown> = {}): TestRow[] {
  return Array.from({ length: count }, (_, index) => ({
    customId: `row-${index}`,
    model: models[index % models.length] ?? 'missing',
    prompt: `question ${index}`,
    body,
  }));
}

export function batchText(rows: readonly TestRow[]): string {
  return rows
    .map(({ customId, model, prompt, body }) =>
      JSON.stringify({
        custom_id: customId,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model, messages: [{ role: 'user', content: prompt }], ...body },
      }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

export interface TestBatchFiles {
  readonly folder: string;
  readonly input: string;
  readonly output: string;
  readonly outputFile: string;
  readonly errorsFile: string;
}

/** A folder with the rows in a file, and room for the output; gone when the test is over. */
export async function writeBatch(rows: readonly TestRow[]): Promise<TestBatchFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-batch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const input = join(folder, 'input.jsonl');
  const output = join(folder, 'out');
  await writeFile(input, batchText(rows));
  return {
    folder,
    input,
    output,
    outputFile: join(output, 'output.jsonl'),
    errorsFile: join(output, 'errors.jsonl'),
  };
}

/** As much of an output line as tests look at. */
export interface OutputLine {
  readonly id: string;
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly request_id: string | null;
    readonly body: { readonly choices?: readonly { readonly message: { readonly content: string } }[] };
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly holdfast: {
    readonly ledger: { readonly entries: readonly { readonly outcome: string; readonly kind?: string }[] };
    readonly attempts: number;
    readonly retries: number;
    readonly call?: string;
  };
}

export async function readLines(file: string): Promise<OutputLine[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as OutputLine);
}

/**
 * Submits a batch whose time passes when the first of its two rows is answered, and the other one never; it has twice the time
 * again until that is enough for this machine.
 */
export async function submitToExpire(client: HoldfastClient, options: { mode?: BatchMode } = {}) {
  for (let seconds = 8; ; seconds *= 2) {
    const files = await writeBatch(testRows(2, ['good', 'stuck']));
    const expiresAt = new Date(Date.now() + seconds * 1000);
    const batch = await client.batches.submit({ ...files, ...options, expiresAt });
    const isAnswered = await waitFor(async () => {
      const { counts, state } = await batch.status();
      return counts.answered === 1 ? 'yes' : isOver(state) && 'no';
    });
    if (isAnswered === 'yes') return { ...files, batch };
  }
}

/** After a pause: lets held answers go until no row is in flight. A chunk hears of the pause late, and begins rows. */
export async function letRowsEnd(provider: MockProvider, batch: BatchHandle): Promise<void> {
  await waitFor(async () => {
    provider.release();
    return (await batch.status()).inFlight === 0;
  });
}

export function answerOf(line: OutputLine | undefined): string | undefined {
  return line?.response?.body.choices?.[0]?.message.content;
}
