// OpenAI's client for Node: an answer, a stream, a batch. After `npx holdfast dev`, in another terminal:
//   node examples/clients/node.mjs
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI, { toFile } from 'openai';

const openai = new OpenAI({
  baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:4000/v1',
  apiKey: process.env.OPENAI_API_KEY ?? 'any',
});
const model = 'fast';
const ask = (content) => [{ role: 'user', content }];

// The key makes it one call: whoever asks again with it gets the same answer.
const headers = { 'Idempotency-Key': `greeting-${Date.now()}` };
const answer = await openai.chat.completions.create({ model, messages: ask('Say hello') }, { headers });
console.log('answer:', answer.choices[0].message.content);

process.stdout.write('stream: ');
for await (const chunk of await openai.chat.completions.create({ model, messages: ask('Count'), stream: true })) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? '');
}
console.log();

const rows = ['one', 'two', 'three'].map((word) => ({
  custom_id: word,
  method: 'POST',
  url: '/v1/chat/completions',
  body: { model, messages: ask(`Say ${word}`) },
}));
const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const file = await openai.files.create({ purpose: 'batch', file: await toFile(Buffer.from(text), 'rows.jsonl') });
let batch = await openai.batches.create({
  input_file_id: file.id,
  endpoint: '/v1/chat/completions',
  completion_window: '24h',
});
while (['validating', 'in_progress', 'finalizing'].includes(batch.status)) {
  await sleep(1000);
  batch = await openai.batches.retrieve(batch.id);
}
console.log('batch:', batch.status, batch.request_counts);
if (batch.output_file_id !== null) {
  const output = await openai.files.content(batch.output_file_id);
  for (const line of (await output.text()).trimEnd().split('\n')) {
    const { custom_id: id, response } = JSON.parse(line);
    console.log(`${id}:`, response.body.choices[0].message.content);
  }
}
