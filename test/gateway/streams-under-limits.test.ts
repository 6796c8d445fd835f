import { expect, test } from 'vitest';
import { openGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { waitFor } from '../helpers/wait-for.js';

const WORDS = ['One ', 'two'];

test('a stream has its place under max_parallel_requests until its end', async () => {
  const config = { model_list: group('one', [{ model: 'openai/one-up', max_parallel_requests: 1 }]) };
  const gateway = await openGateway(config, { 'one-up': [{ sse: WORDS, hold: true }, { status: 200 }] });
  const { provider } = gateway;
  const request = { model: 'one', messages: [{ role: 'user' as const, content: 'hi' }] };
  try {
    const stream = await gateway.openai().chat.completions.create({ ...request, stream: true });
    let text = '';
    const read = async () => {
      for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    };
    const ended = read();
    await waitFor(() => text === WORDS.join(''), { what: 'the text of the stream' });
    const second = gateway.fetch('/v1/chat/completions', { json: request });
    const waits = async () =>
      /^holdfast_calls_waiting\{group="one",reason="limit"\} 1$/m.test(await (await gateway.fetch('/metrics')).text());
    await waitFor(waits, { what: 'the second call to wait for its place' });
    expect(provider.callCount('one-up')).toBe(1);
    provider.release();
    await ended;
    expect((await second).status).toBe(200);
    expect(provider.callCount('one-up')).toBe(2);
  } finally {
    await gateway.close();
  }
});
