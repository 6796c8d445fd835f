import { WorkflowClient } from '@temporalio/client';
import { onTestFinished, vi } from 'vitest';
import { startService, type Service, type ServiceOptions } from '../../src/cli/start-service.js';
import type { Script } from '../../src/mock-provider/index.js';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { group } from '../helpers/holdfast.js';
import { callsOf } from '../helpers/temporal.js';

const CONFIG = {
  model_list: [
    ...group('good'),
    ...group('slow'),
    ...group('hanging'),
    ...group('hangs-once'),
    ...group('fails-once'),
    ...group('fails-then-fails'),
    ...group('fails-then-hangs'),
    ...group('fails-then-streams'),
    ...group('fails-late'),
    ...group('lasting'),
    ...group('spared'),
  ],
  router_settings: {
    num_retries: 1,
    max_retry_delay: 0.1,
    fallback_reserve: 0.9,
    fallbacks: [{ slow: ['good'] }, { spared: ['good'] }],
  },
};
const SCRIPT: Script = {
  'good-up': 'ok',
  'slow-up': 'held',
  'hanging-up': 'hang',
  'hangs-once-up': 'hang,ok',
  'fails-once-up': '500,ok',
  'fails-then-fails-up': '500,500,ok',
  'fails-then-hangs-up': '500,hang',
  'fails-then-streams-up': [{ status: 500 }, { sse: ['One ', 'two.'], hold: true }],
  'lasting-up': 'slow(4)',
  'fails-late-up': [{ status: 500, delay: 3 }, { hang: true }],
  'spared-up': 'hang',
};

/** So that a call is handed over soon. */
export const SOON_MS = 500;

export interface DrivingGateway extends TestGateway {
  /** Starts one more process, as it were, on the same task queue. */
  another(): Promise<Service>;
  stop(): Promise<void>;
}

interface Settings extends Partial<Pick<ServiceOptions, 'activitySlots' | 'address' | 'drainSeconds' | 'holdMs'>> {
  /** How gateway and worker are started. @default in one process, as it were */
  readonly start?: (options: ServiceOptions) => Promise<Service>;
}

/** A gateway whose process has made a call already: it knows that the server gives it first tasks. Ends with the test. */
export async function openDriving({
  drainSeconds = 0,
  start = startService,
  ...settings
}: Settings = {}): Promise<DrivingGateway> {
  let options: ServiceOptions | undefined;
  let service: Service | undefined;
  const gateway = await openGateway(CONFIG, SCRIPT, { drainSeconds }, async (given) => {
    options = { ...given, ...settings };
    service = await start(options);
    return service;
  });
  // What is opened later is closed earlier.
  onTestFinished(() => gateway.close());
  await ask(gateway, 'good');
  gateway.provider.reset();
  const another = async (): Promise<Service> => {
    if (options === undefined) throw new Error('the gateway has not started');
    const other = await start(options);
    onTestFinished(async () => {
      other.stop();
      await other.stopped;
    });
    return other;
  };
  const stop = async (): Promise<void> => {
    service?.stop();
    await service?.stopped;
  };
  return { ...gateway, another, stop };
}

/** Holds back the starts of workflows in this process from now on. */
export function holdStarts(): { readonly begun: Promise<void>; readonly release: () => void } {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
  const { start } = WorkflowClient.prototype;
  const stub = vi.spyOn(WorkflowClient.prototype, 'start');
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const begun = new Promise<void>((resolve) => {
    stub.mockImplementation(async function (this: WorkflowClient, ...given) {
      resolve();
      await released;
      return start.apply(this, given);
    } as typeof start);
  });
  onTestFinished(() => stub.mockRestore());
  return { begun, release };
}

interface Asked {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly [field: string]: unknown;
}

export const ask = (
  { url }: Pick<TestGateway, 'url'>,
  model: string,
  { headers = {}, signal, ...more }: Asked = {},
): Promise<Response> =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }], ...more }),
    ...(signal && { signal }),
  });

/** How often the provider was asked for a group. */
export const asked = ({ provider }: TestGateway, model: string): number => provider.callCount(`${model}-up`);

export const callIdOf = (response: Response): string => response.headers.get('x-holdfast-workflow-id') ?? '';

/** The outcomes in the ledger of a call, with the error kinds of failures. */
export async function ledgerOf({ client }: TestGateway, callId: string): Promise<string[]> {
  const { ledger } = await client.handle(callId).inspect();
  return ledger.entries.map(({ outcome, kind }) => [outcome, kind].filter(Boolean).join(' '));
}

const STATUSES = { running: 'Running', cancelled: 'Canceled' } as const;

/** The newest call of a group in a state; null: the server has none, or has not listed it yet. */
export async function callOf(
  { client, taskQueue }: Pick<TestGateway, 'client' | 'taskQueue'>,
  model: string,
  state: keyof typeof STATUSES = 'running',
): Promise<string | null> {
  for (const callId of await callsOf(taskQueue, STATUSES[state])) {
    const its = await client.handle(callId).describe();
    // The list still has those that have just ended.
    if (its.state === state && its.group === model) return callId;
  }
  return null;
}
