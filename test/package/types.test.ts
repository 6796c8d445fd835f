import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PROGRAM = `
import { loadConfig } from 'holdfast';
import { activityFetch, activityIdempotencyKey } from 'holdfast/activity';
import { HoldfastClient, isCallError, type StreamEvent } from 'holdfast/client';
import { retriesFor } from 'holdfast/core';
import { HoldfastPlugin } from 'holdfast/plugin';
import { fakeHoldfast, startTestHoldfast } from 'holdfast/testing';
import { startWorker } from 'holdfast/worker';
import { llm, LlmCallError } from 'holdfast/workflow';
import { llmCall } from 'holdfast/workflows';

export async function use(): Promise<string | null> {
  const config = await loadConfig('holdfast.yaml');
  const worker = await startWorker({ config });
  const clients: HoldfastClient[] = [await worker.client(), fakeHoldfast({ fast: 'Hi' }).client];
  const events: StreamEvent[] = await Array.fromAsync(clients[0]!.stream({ model: 'fast', messages: [] }));
  const { response, report } = await llm.chat({ model: 'fast', messages: [{ role: 'user', content: 'hi' }] });
  console.log(report.attempts, events, new HoldfastPlugin({ config }), startTestHoldfast, LlmCallError, isCallError);
  console.log(activityFetch, activityIdempotencyKey(), retriesFor, llmCall);
  // @ts-expect-error -- internals are no part of the types
  HoldfastClient.over;
  // @ts-expect-error -- messages are missing
  await llm.chat({ model: 'fast' });
  return response.choices[0]?.message.content ?? null;
}
`;

/** What a compiler says of a program outside that has the package, its lines about the package and the program alone. */
async function complaints(folder: string): Promise<string[]> {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const options = ['--noEmit', '--strict', '--target', 'es2023', '--lib', 'esnext', '--types', 'node'];
  const how = ['--module', 'nodenext', '--skipLibCheck', 'false', 'use.ts'];
  const run = outputOf(process.execPath, [tsc, ...options, ...how], folder);
  const lines = (await run).split('\n');
  return lines.filter((line) => /^(?:use\.ts|\S*dist\/)/.test(line));
}

/** Standard output, whatever the exit code is. */
function outputOf(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, [...args], { cwd }, (_error, stdout) => resolve(stdout));
  });
}

test('the types of the build are whole, for a project outside', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-types-'));
  try {
    await mkdir(join(folder, 'node_modules'));
    await symlink(ROOT, join(folder, 'node_modules', 'holdfast'));
    await symlink(join(ROOT, 'node_modules', '@types'), join(folder, 'node_modules', '@types'));
    await writeFile(join(folder, 'package.json'), '{"type": "module"}');
    await writeFile(join(folder, 'use.ts'), PROGRAM);
    expect(await complaints(folder)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
