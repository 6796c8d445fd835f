import type { ConfigCase } from './case-file.js';
import { differ, missing, present } from './compare.js';
import type { FieldEnvironment } from './environment.js';
import { at, fieldsOf } from './values.js';

type Want = ConfigCase['want'];
type WantedRequest = NonNullable<Want['requests']>[number];

const PROMPTS: Readonly<Record<string, object>> = {
  'chat.completions': { messages: [{ role: 'user', content: 'x' }] },
  completions: { prompt: 'x' },
  'images.generations': { prompt: 'x' },
};

/** Checks, explains and serves a config, and says what differs from what is wanted. */
export async function runConfig({ text, want }: ConfigCase, environment: FieldEnvironment): Promise<string[]> {
  const { host } = environment.upstream;
  const config = text.replaceAll('UPSTREAM', host);
  const env = Object.fromEntries(
    Object.entries(want.env ?? {}).map(([name, value]) => [name, value.replaceAll('UPSTREAM', host)]),
  );
  const file = await environment.write('config.yaml', config);
  const lines = [...(await check(file, want, env, environment)), ...(await explain(file, want, env, environment))];
  if (want.requests === undefined) return lines;
  const gateway = await environment.serve(config, env);
  try {
    for (const wanted of want.requests) lines.push(...(await request(wanted, gateway.url, environment)));
    return lines;
  } finally {
    await gateway.close();
  }
}

async function check(file: string, want: Want, env: NodeJS.ProcessEnv, on: FieldEnvironment): Promise<string[]> {
  const { code, output } = await on.runCli(['config', 'check', file], env);
  const strict = want.strict === undefined ? null : await on.runCli(['config', 'check', file, '--strict'], env);
  const lower = (texts: string[] = []) => texts.map(folded);
  return [
    ...(want.check === undefined ? [] : exitIs('check', want.check, code, output)),
    ...(strict === null ? [] : exitIs('strict', want.strict ?? [], strict.code, strict.output)),
    ...missing('has', folded(output), lower(want.has)),
    ...present('never', folded(output), lower(want.never)),
  ];
}

function exitIs(name: string, wanted: number | number[], code: number | null, output: string): string[] {
  const isWanted = [wanted].flat().includes(code ?? -1);
  return isWanted ? [] : [`${name}: want exit ${JSON.stringify(wanted)}, got ${code} (${output.slice(0, 600)})`];
}

async function explain(file: string, want: Want, env: NodeJS.ProcessEnv, on: FieldEnvironment): Promise<string[]> {
  const lines: string[] = [];
  for (const [group, texts] of Object.entries(want.explain ?? {})) {
    const { code, output } = await on.runCli(['explain', group, '--config', file], env);
    lines.push(...exitIs(`explain ${group}`, 0, code, output), ...missing(`explain ${group}`, output, texts));
  }
  return lines;
}

async function request(wanted: WantedRequest, url: string, { upstream }: FieldEnvironment): Promise<string[]> {
  const { at: place, model, operation = 'chat.completions', never = [] } = wanted;
  const part = upstream.part(place);
  const response = await fetch(`${url}/v1/${operation.replaceAll('.', '/')}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, ...(PROMPTS[operation] ?? { input: 'x' }) }),
  });
  const text = await response.text();
  const sent = part.requests.at(-1);
  const status = differ('status', wanted.status ?? 200, response.status, ` (${text.slice(0, 300)})`);
  if (sent === undefined) return [...status, `${place}: the upstream was not asked`];
  const { authorization, 'api-key': key } = fieldsOf(sent.headers);
  const compared = {
    path: sent.path,
    query: sent.query,
    sent_model: sent.body['model'],
    auth: authorization ?? key,
  };
  return [
    ...status,
    ...Object.entries(compared).flatMap(([member, got]) => {
      const value = wanted[member as keyof typeof compared];
      return value === undefined ? [] : differ(`${place}.${member}`, value, got);
    }),
    ...never.filter((name) => at(sent.body, name) !== undefined).map((name) => `${place}: the body has ${name}`),
  ];
}

/** Blanks folded, capitals ignored. */
function folded(text: string): string {
  return text.replace(/\s+/g, ' ').toLowerCase();
}
