import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allPages, codeBlocks, readPage } from '../docs/markdown.js';

/** Made of the types themselves: declarations, and no programs. */
const GENERATED = 'docs/api/';

/** What blocks import beside the package, and what they take for granted. */
export const USED_BY_BLOCKS = [
  '@types/node',
  '@ai-sdk/openai',
  '@ai-sdk/openai-compatible',
  '@anthropic-ai/sdk',
  '@openai/agents',
  '@openai/agents-core',
  '@openai/agents-openai',
  '@temporalio/ai-sdk',
  '@temporalio/interceptors-opentelemetry-v2',
  '@temporalio/openai-agents',
  'ai',
  'openai',
  'vitest',
];

/** Writes each TypeScript block of the documents to a module of its own, which is named for its place. @returns the files */
export function writeCodeBlocks(folder: string, presupposed: string): string[] {
  mkdirSync(join(folder, 'blocks'));
  cpSync(presupposed, join(folder, 'blocks', 'presupposed.d.mts'));
  const pages = [...allPages(), readPage('packages/client/README.md')].filter(
    ({ path }) => !path.startsWith(GENERATED),
  );
  const blocks = pages.flatMap((page) => codeBlocks(page).map((block) => ({ ...block, path: page.path })));
  const files = blocks
    .filter(({ language }) => language === 'ts')
    .map(({ code, path, line }) => {
      const file = join('blocks', `${path.replace(/\.md$/, '').replaceAll('/', '.')}.${line}.mts`);
      writeFileSync(join(folder, file), `${code}\nexport {};\n`);
      return file;
    });
  return [join('blocks', 'presupposed.d.mts'), ...files];
}
