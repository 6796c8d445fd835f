import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { HoldfastClient } from '../../src/client.js';
import { ConfigError, parseConfig, type LoadedConfig } from '../../src/config/index.js';
import { EMPTY_LEDGER } from '../../src/core/ledger/ledger.js';
import { freePort } from '../../src/dev-server/ports.js';
import { startMockProvider, type MockProvider, type RecordedRequest } from '../../src/mock-provider/index.js';
import { startWorker } from '../../src/worker.js';
import { ownBoard } from '../helpers/own-board.js';
import { ask, type Outcome } from './ask.js';
import type { ParityCase } from './case-file.js';
import { followRequests, type AskedRequest } from './follow/follow-requests.js';
import { gapsOf, type Gap } from './gaps.js';
import { isHurried } from './hurry.js';
import { withUpstream } from './mock-config.js';
import { warmUp } from './warm-up.js';

/** What all cases of a run share. */
export interface ParityEnvironment {
  readonly address: string;
  /** @default what Temporal's own environment says, else `default` */
  readonly namespace?: string | undefined;
  readonly workflowBundlePath: string;
}

/** What came of a case: of its last request, and of the upstream calls of all of them. */
export interface Observed extends Omit<Outcome, 'report'> {
  readonly calls: readonly RecordedRequest[];
  /** Between all upstream calls, and between those of the last request. */
  readonly gaps: readonly Gap[];
  readonly ownGaps: readonly Gap[];
  /** Where the requests did something else than what `explain` told of them, a line each. */
  readonly unexplained: readonly string[];
}

/** Beyond what a case says it takes. */
const MOST_EXTRA_MS = 90_000;

/**
 * Runs a case: a scripted upstream, a worker under the case's config on a task queue of its own, and the client. Nothing
 * of it outlives the case.
 * @throws OverrunError, or what kept the case from being run at all
 */
export async function observe(parityCase: ParityCase, environment: ParityEnvironment): Promise<Observed> {
  const provider = await startMockProvider({ script: parityCase.upstream });
  try {
    const config = await loadConfig(parityCase, provider.url);
    return config instanceof ConfigError
      ? refused(config)
      : await runRequests(parityCase, config, provider, environment);
  } finally {
    await provider.close();
  }
}

async function loadConfig({ id, config }: ParityCase, mock: string): Promise<LoadedConfig | ConfigError> {
  const urls = { mock, down: `http://127.0.0.1:${await freePort()}` };
  try {
    return parseConfig(stringify(withUpstream(config, urls)), { source: id, env: {} });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

function refused({ message }: ConfigError): Observed {
  const nothing = { calls: [], gaps: [], ownGaps: [], unexplained: [], headers: {}, elapsedMs: 0 };
  return { ok: false, group: null, kind: 'ConfigError', status: null, message, ...nothing };
}

async function runRequests(
  parityCase: ParityCase,
  config: LoadedConfig,
  provider: MockProvider,
  { address, namespace, workflowBundlePath }: ParityEnvironment,
): Promise<Observed> {
  const temporal = { address, namespace, taskQueue: `parity-${randomUUID()}` };
  const client = await HoldfastClient.connect(temporal);
  try {
    const worker = await startWorker({
      ...temporal,
      config,
      drainSeconds: 0,
      board: ownBoard(),
      workflowBundle: { codePath: workflowBundlePath },
      ...(parityCase.want.timing === undefined && { jitter: smallJitter }),
    });
    try {
      if (isHurried(parityCase) || parityCase.want.timing !== undefined) await warmUp(temporal);
      return await askInTurn(parityCase, config, client, provider);
    } finally {
      worker.stop();
      await worker.stopped;
    }
  } finally {
    await client.close();
  }
}

/** Where a case says nothing of time, its waits are short: what is tested does not depend on them. */
function smallJitter(): number {
  return Math.random() / 100;
}

async function askInTurn(
  parityCase: ParityCase,
  config: LoadedConfig,
  client: HoldfastClient,
  provider: MockProvider,
): Promise<Observed> {
  const { before, request } = parityCase;
  const limitMs = longestMs(parityCase);
  const asked: AskedRequest[] = [];
  const askOnce = async (body: Record<string, unknown>) => {
    const callsBefore = provider.requests.length;
    const askedMs = Date.now();
    const outcome = await ask(client, body, limitMs);
    const { kind, report } = outcome;
    asked.push({ request: body, askedMs, kind, report, calls: provider.requests.slice(callsBefore) });
    return outcome;
  };
  for (const step of before) {
    if (typeof step.sleep === 'number') await sleep(step.sleep * 1000);
    else await askOnce(step);
  }
  const outcome = await askOnce(request);
  const models = new Set(provider.requests.map(({ model }) => model ?? ''));
  const upstream = asked.map(({ calls, report }) => ({
    calledAtMs: calls.map(({ receivedAt }) => receivedAt),
    models,
    ledger: report?.ledger ?? EMPTY_LEDGER,
  }));
  const { report: _report, ...rest } = outcome;
  return {
    ...rest,
    calls: provider.requests,
    gaps: gapsOf(upstream),
    ownGaps: gapsOf(upstream.slice(-1)),
    unexplained: followRequests(config, parityCase.upstream, asked),
  };
}

function longestMs({ want: { timing } }: ParityCase): number {
  const gaps = (timing?.gaps_s ?? []).reduce((sum, [, most]) => sum + most, 0);
  return Math.max(gaps, timing?.elapsed_s?.[1] ?? 0) * 1000 + MOST_EXTRA_MS;
}
