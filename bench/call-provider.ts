import { startMockProvider } from '../src/mock-provider/index.js';
import { runAsChild } from './child.js';

/** The provider of the benchmark, in a process of its own: it answers at once, or fails as the model's name says. */
await runAsChild(async () => {
  const provider = await startMockProvider({ journal: false });
  return { ready: { url: provider.url }, stop: () => provider.close() };
});
