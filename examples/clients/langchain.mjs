// LangChain (npm install @langchain/openai @langchain/core, in a project of your own): an answer and a stream.
// After `npx holdfast dev`, in another terminal:
//   node examples/clients/langchain.mjs
import { ChatOpenAI } from '@langchain/openai';

const model = new ChatOpenAI({
  model: 'fast',
  apiKey: process.env.OPENAI_API_KEY ?? 'any',
  configuration: { baseURL: process.env.OPENAI_BASE_URL ?? 'http://127.0.0.1:4000/v1' },
  maxRetries: 0, // Holdfast retries, by the policy of its config
});

console.log('answer:', (await model.invoke('Say hello')).content);

process.stdout.write('stream: ');
for await (const chunk of await model.stream('Count')) process.stdout.write(String(chunk.content));
console.log();
