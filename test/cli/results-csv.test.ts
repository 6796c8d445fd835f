import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readOutputRows } from '../../src/batch/index.js';
import { csvLines } from '../../src/cli/batch/results-csv.js';
import { openStorage, toLocation } from '../../src/storage/index.js';
import { writeBatch } from '../helpers/batch.js';

const answered = (custom_id: string, content: unknown) => ({
  custom_id,
  response: { status_code: 200, body: { choices: [{ message: { content } }] } },
  error: null,
  holdfast: {
    group: 'good',
    model: 'ok',
    attempts: 2,
    retries: 1,
    fallbacks: 0,
    tokens: { prompt: 3, completion: 4, total: 7 },
  },
});

test('the rows of an output as CSV: those that were answered, then those that failed', async () => {
  const { folder } = await writeBatch([]);
  const write = (name: string, rows: readonly object[]) =>
    writeFile(join(folder, name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await write('output.jsonl', [answered('a', 'yes'), answered('b,"c"', 'two\nlines'), answered('d', null)]);
  const error = { code: 'Timeout', message: 'too late' };
  await write('errors.jsonl', [{ custom_id: 'e', response: null, error, holdfast: {} }]);
  let text = '';
  for await (const line of csvLines(readOutputRows(openStorage(), toLocation(folder, '/')))) text += line;
  expect(text.replace(/d,answered,"\{.*\}",/s, 'd,answered,JSON,').split('\r\n')).toEqual([
    'custom_id,state,answer,error,message,group,model,attempts,retries,fallbacks,prompt_tokens,completion_tokens,total_tokens',
    'a,answered,yes,,,good,ok,2,1,0,3,4,7',
    '"b,""c""",answered,"two\nlines",,,good,ok,2,1,0,3,4,7',
    'd,answered,JSON,,,good,ok,2,1,0,3,4,7',
    'e,failed,,Timeout,too late,,,,,,,,',
    '',
  ]);
});
