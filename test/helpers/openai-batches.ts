import { toFile, type OpenAI } from 'openai';
import type { Batch, BatchCreateParams } from 'openai/resources/batches.js';
import type { FileObject } from 'openai/resources/files.js';
import { waitFor } from './wait-for.js';

export async function uploadText(openai: OpenAI, text: string): Promise<FileObject> {
  return openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from(text), 'rows.jsonl') });
}

/** Uploads the rows and starts a batch with them: chat completions, to be done in a day. */
export async function createBatch(openai: OpenAI, text: string, more: Partial<BatchCreateParams> = {}): Promise<Batch> {
  const { id } = await uploadText(openai, text);
  const request = { input_file_id: id, endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
  return openai.batches.create({ ...request, ...more });
}

const OVER = ['completed', 'failed', 'expired', 'cancelled'];

/** The batch when it is over, in whatever way. */
export async function batchEnd(openai: OpenAI, { id }: Batch): Promise<Batch> {
  const over = async () => {
    const batch = await openai.batches.retrieve(id);
    return OVER.includes(batch.status) ? batch : undefined;
  };
  return waitFor(over, { what: `the end of ${id}` });
}

/** The lines of a file of JSONL. */
export async function fileLines(openai: OpenAI, id: string): Promise<Record<string, unknown>[]> {
  const text = await (await openai.files.content(id)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
