import { expect, inject, test } from 'vitest';
import type * as Testing from '../../src/testing.js';
import { installTestRuntime } from '../helpers/temporal.js';

/** Of the build: there the workflows are bundled already. */
const BUILT = new URL('../../dist/testing.js', import.meta.url).href;

const CONFIG = `
model_list:
  - model_name: fast
    litellm_params: { model: openai/fast-model, api_base: os.environ/MOCK_PROVIDER_URL, api_key: os.environ/FAST_KEY }
router_settings: { max_retry_delay: 0.05 }
`;

const messages = [{ role: 'user' as const, content: 'Which bird is this?' }];

test('without a config and a script there is no model group, and it is said where they would come from', async () => {
  const { startTestHoldfast } = (await import(BUILT)) as typeof Testing;
  await expect(startTestHoldfast({ address: inject('temporalAddress') })).rejects.toThrow(
    /^without a `config`, from the models of `script`: model_list: empty/,
  );
});

test('a whole Holdfast, with a config or with what follows from the script', async () => {
  installTestRuntime();
  const { startTestHoldfast } = (await import(BUILT)) as typeof Testing;
  const address = inject('temporalAddress');
  const script = { 'fast-model': '429,ok' };
  await using configured = await startTestHoldfast({
    address,
    script,
    config: CONFIG,
    env: { FAST_KEY: 'sk-of-a-test' },
  });
  await using scripted = await startTestHoldfast({ address, script });
  for (const [{ client, provider }, model] of [
    [configured, 'fast'],
    [scripted, 'fast-model'],
  ] as const) {
    const { response, report } = await client.execute({ model, messages });
    expect(response.choices[0]?.message.content).toBe('Echo: Which bird is this?');
    expect(report).toMatchObject({ retries: 1 });
    expect(provider.callCount('fast-model')).toBe(2);
  }
});
