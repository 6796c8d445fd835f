import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Script } from '../../src/mock-provider/index.js';
import { FAST, group, openHoldfast, type TestHoldfast } from '../helpers/holdfast.js';
import { locate, skipWithout } from '../helpers/requirements.js';
import { codeBlocks, readPage, section } from './markdown.js';

const PAGE = readPage('docs/batch-recipes.md');
const QUESTIONS = 'id,question\n007,"Where, exactly?"\n008,How many?\n009,Why?\n';

describe.skipIf(skipWithout('jq', 'python-clients'))('docs/batch-recipes.md', () => {
  let holdfast: TestHoldfast;
  let folder: string;

  beforeAll(async () => {
    holdfast = await openHoldfast({ model_list: group('fast'), router_settings: FAST }, answers());
    folder = await mkdtemp(join(tmpdir(), 'holdfast-recipes-'));
    await writeFile(join(folder, 'questions.txt'), 'Where, "exactly"?\nHow many?\n');
    await writeFile(join(folder, 'questions.csv'), QUESTIONS);
    await run('questions.jsonl', recipe('Make an input', 'python'), 'answers');
    const embeddings = ['a', 'b'].map((id) => rowOf(id, '/v1/embeddings', { model: 'fast', input: id })).join('\n');
    await run('texts.jsonl', { write: embeddings }, 'vectors');
  });
  afterAll(async () => {
    await holdfast.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** The second is answered at its second attempt, the third never; then come the embeddings. */
  function answers(): Script {
    const steps = [
      { content: '{"place": "Bern"}' },
      { status: 503 },
      { content: '{"place": "2"}' },
      { status: 400 },
      {},
    ];
    return { 'fast-up': steps };
  }

  /** Makes an input and runs it as a batch. */
  async function run(input: string, made: Recipe | { write: string }, output: string): Promise<void> {
    if ('write' in made) await writeFile(join(folder, input), made.write);
    else made();
    const paths = { input: join(folder, input), output: join(folder, output) };
    await (await holdfast.client.batches.submit({ ...paths, concurrency: 1, mode: 'workflow' })).result();
  }

  type Recipe = (more?: string) => string;

  /** Runs a block of a section in the folder, with a line more if given, and has what it printed. */
  function recipe(title: string, language: string, index = 0): Recipe {
    const blocks = codeBlocks({ ...PAGE, text: section(PAGE, title) }).filter((block) => block.language === language);
    const code = blocks[index]?.code ?? '';
    const [program, flag] = language === 'sh' ? ['sh', '-ec'] : [locate('python-clients') ?? '', '-c'];
    return (more = '') => execFileSync(program, [flag, `${code}${more}`], { cwd: folder, encoding: 'utf8' });
  }

  function rowOf(id: string, url: string, body: object): string {
    return JSON.stringify({ custom_id: id, method: 'POST', url, body });
  }
  const question = (id: string, content: string) => ({
    custom_id: id,
    method: 'POST',
    url: '/v1/chat/completions',
    body: { model: 'fast', messages: [{ role: 'user', content }] },
  });
  const rowsOf = (text: string): unknown[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  test('inputs of a list and of a table', async () => {
    const ofTable = await readFile(join(folder, 'questions.jsonl'), 'utf8');
    expect(rowsOf(ofTable)).toEqual([
      question('007', 'Where, exactly?'),
      question('008', 'How many?'),
      question('009', 'Why?'),
    ]);
    recipe('Make an input', 'sh')();
    const ofList = await readFile(join(folder, 'questions.jsonl'), 'utf8');
    expect(rowsOf(ofList)).toEqual([question('row-0', 'Where, "exactly"?'), question('row-1', 'How many?')]);
  });

  test('answers by jq, as text and as JSON', () => {
    expect(recipe('Read the answers', 'sh')()).toBe('"007","{""place"": ""Bern""}"\n"008","{""place"": ""2""}"\n');
    expect(recipe('Read the answers', 'sh', 1)()).toBe('{"id":"007","place":"Bern"}\n{"id":"008","place":"2"}\n');
  });

  test('answers by pandas, beside the questions, and vectors', () => {
    const table = recipe('Read the answers', 'python')('print(table[["id", "answer"]].to_csv(index=False))');
    expect(table.trim()).toBe('id,answer\n007,"{""place"": ""Bern""}"\n008,"{""place"": ""2""}"\n009,');
    const [rows, length] = JSON.parse(
      recipe('Read the answers', 'python', 1)('print(json.dumps([list(vectors.index), vectors.shape[1]]))'),
    ) as [string[], number];
    expect(rows).toEqual(['a', 'b']);
    expect(length).toBeGreaterThan(1);
  });

  test('what failed', () => {
    const [count, row] = recipe('See what failed', 'sh')().trim().split('\n');
    expect(count).toMatch(/^ *1 \w+$/);
    expect(row).toMatch(/^009\tBadRequestError\t\w/);
  });

  test('tokens and retries', () => {
    const [tokens, ...rest] = recipe('Count tokens and retries', 'sh')().split(/(?<=^\}\n)/m);
    expect(JSON.parse(tokens ?? '')).toEqual({ fast: expect.any(Number) });
    const [retries = '', ...summary] = rest.join('').split(/^(?=\{)/m);
    expect(retries).toBe('008\t1\n');
    expect(JSON.parse(summary.join(''))).toEqual({
      answered: 2,
      failed: 1,
      retries: 1,
      tokens: expect.any(Number),
      p95: expect.any(Number),
    });
  });
});
