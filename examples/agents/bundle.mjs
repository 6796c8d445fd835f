// Bundles the workflows, so that workers start sooner: node examples/agents/bundle.mjs FILE
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { aiSdk, openAiAgents } from './plugins.mjs';

const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('workflows.mjs', import.meta.url)),
  plugins: [aiSdk, openAiAgents],
  logger: new DefaultLogger('WARN'),
});
await writeFile(process.argv[2], code);
