import { Agent, fetch } from 'undici';

/** A model of the scripted provider of whose requests one in twenty fails, always before its first content. */
export const SOAK_SCRIPT = { often: { rate: 0.05, faults: '429(retry-after=0.2),500,503,reset,empty,html' } };

/** A config under which none of these faults reaches a client. */
export function soakConfig(providerUrl: string): object {
  const deployment = (name: string, model: string) => ({
    model_name: name,
    litellm_params: { model: `openai/${model}`, api_base: `${providerUrl}/v1`, api_key: 'none' },
  });
  return {
    model_list: [deployment('often', 'often'), deployment('spare', 'ok')],
    router_settings: { num_retries: 5, max_retry_delay: 1, fallbacks: [{ often: ['spare'] }], disable_cooldowns: true },
  };
}

export interface SoakOptions {
  /** Without `/v1`. */
  readonly url: string;
  /** Requests at a time. */
  readonly requests: number;
  /** Streams at a time. */
  readonly streams: number;
  readonly seconds: number;
}

export interface Soaked {
  readonly answered: number;
  readonly streamed: number;
  /** What clients saw that no policy asks for; at most a hundred. */
  readonly problems: readonly string[];
  /** Resident memory of the process after the first quarter, and at its end. */
  readonly earlyMegabytes: number;
  readonly lateMegabytes: number;
  /** Event loop delay of the process at its end, 99th percentile. */
  readonly loopDelayMs: number;
}

/** Keeps a gateway busy: each caller asks again as soon as it has its answer. */
export async function soak({ url, requests, streams, seconds }: SoakOptions): Promise<Soaked> {
  const dispatcher = new Agent({ connections: requests + streams + 1, headersTimeout: 0, bodyTimeout: 0 });
  const endMs = performance.now() + seconds * 1000;
  const problems: string[] = [];
  const done = { answered: 0, streamed: 0 };
  let question = 0;
  const ask = async (stream: boolean): Promise<string | null> => {
    question += 1;
    const content = `Question ${question}`;
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'often', stream, messages: [{ role: 'user', content }] }),
      dispatcher,
    });
    const text = await response.text();
    if (response.status !== 200) return `${response.status}: ${text.slice(0, 300)}`;
    const answer = stream ? contentOf(text) : text;
    if (stream && !text.includes('data: [DONE]')) return `a stream without an end: ${text.slice(-300)}`;
    return answer.includes(content) ? null : `an answer to another question: ${answer.slice(0, 300)}`;
  };
  const caller = async (stream: boolean) => {
    while (performance.now() < endMs) {
      const problem = await ask(stream).catch(String);
      if (problem === null) done[stream ? 'streamed' : 'answered'] += 1;
      else if (problems.length < 100) problems.push(problem);
    }
  };
  const callers = [
    ...Array.from({ length: requests }, () => caller(false)),
    ...Array.from({ length: streams }, () => caller(true)),
  ];
  await new Promise((resolve) => setTimeout(resolve, (seconds * 1000) / 4));
  const early = await figures(url);
  await Promise.all(callers);
  const late = await figures(url);
  await dispatcher.close();
  return {
    ...done,
    problems,
    earlyMegabytes: early.megabytes,
    lateMegabytes: late.megabytes,
    loopDelayMs: late.loopDelayMs,
  };
}

/** The text of a streamed answer. */
function contentOf(text: string): string {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: {'))
    .map((line) => JSON.parse(line.slice('data: '.length)) as { choices?: { delta?: { content?: string } }[] })
    .map(({ choices }) => choices?.[0]?.delta?.content ?? '')
    .join('');
}

/** Resident memory of a gateway's process, and its event loop delay, 99th percentile. */
export async function figures(url: string): Promise<{ megabytes: number; loopDelayMs: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? Number.NaN);
  return {
    megabytes: value('process_resident_memory_bytes') / 2 ** 20,
    loopDelayMs: value('nodejs_eventloop_lag_p99_seconds') * 1000,
  };
}
