import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RowsCase } from './case-file.js';
import { differ, missing } from './compare.js';
import type { FieldEnvironment, RunningGateway } from './environment.js';
import { fieldConfig } from './field-config.js';
import type { UpstreamPart } from './upstream.js';

/** Checks an input, or runs it as a batch, and says what differs from what is wanted. */
export async function runRows(
  one: RowsCase,
  file: string,
  part: UpstreamPart,
  { taskQueue }: RunningGateway,
  environment: FieldEnvironment,
): Promise<string[]> {
  const config = await environment.write('config.yaml', fieldConfig([one], environment.upstream.host));
  if (one.command === 'dry-run') {
    const { code, output } = await environment.runCli(['batch', 'run', file, '--dry-run', '--config', config]);
    return compareRun(one.want, code, output);
  }
  const out = join(config, '..', 'out');
  const given = ['--out', out, '--task-queue', taskQueue, ...environment.serverOptions];
  const { code, output } = await environment.runCli(['batch', 'run', file, ...given]);
  return [
    ...compareRun(one.want, code, output),
    ...(await compareRecords(one.want, out)),
    ...missing('upstream_has', part.requests.at(-1)?.text ?? '', one.want.upstream_has ?? []),
  ];
}

function compareRun(want: RowsCase['want'], code: number | null, output: string): string[] {
  const { exit, has = [], has_any: any = [], ok_or_has: told = [], max_lines: most = Infinity } = want;
  const lacksAll = (texts: string[]) => texts.length > 0 && texts.every((text) => !output.includes(text));
  const lines = output.trim().split('\n').length;
  const seen = ` (${output.slice(0, 600)})`;
  return [
    ...(exit === undefined ? [] : differ('exit', exit, code === 0 ? 0 : 1, seen)),
    ...missing('has', output, has),
    ...(lacksAll(any) ? [`has_any: none of ${any.join(', ')}${seen}`] : []),
    ...(code !== 0 && lacksAll(told) ? [`ok_or_has: not accepted, and none of ${told.join(', ')}${seen}`] : []),
    ...(lines > most ? [`max_lines: want ${most}, got ${lines}`] : []),
  ];
}

async function compareRecords(want: RowsCase['want'], folder: string): Promise<string[]> {
  const read = (name: string) => readFile(join(folder, name), 'utf8').catch(() => '');
  const [output, errors] = [await read('output.jsonl'), await read('errors.jsonl')];
  const broken = `${output}${errors}`
    .split(/\r?\n|[\u0085\u2028\u2029]/)
    .filter((line) => line !== '' && !isJson(line));
  return [
    ...(want.output_rows === undefined ? [] : differ('output_rows', want.output_rows, recordsIn(output))),
    ...(want.error_rows === undefined ? [] : differ('error_rows', want.error_rows, recordsIn(errors))),
    ...missing('output_has', output, want.output_has ?? []),
    ...(want.any_line_end === true && broken.length > 0 ? [`any_line_end: ${broken[0]}`] : []),
  ];
}

function recordsIn(text: string): number {
  return text.split('\n').filter((line) => line !== '').length;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
