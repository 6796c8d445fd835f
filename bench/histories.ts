import type { Callers } from './callers.js';

/** What a call leaves on the server. */
export interface HistorySize {
  readonly events: number;
  readonly bytes: number;
  /** Writes of the server for the call; retries and heartbeats count here, not in events. */
  readonly transitions: number;
}

/** The calls whose histories are looked at. */
const SHAPES = {
  'bare workflow': ({ answered }) => answered.bare(),
  'driven, answered at once': ({ answered }) => answered.driven(),
  'answered at once': ({ call }) => call('good'),
  'after 1 retry': ({ call }) => call('one-retry'),
  'after 3 retries': ({ call }) => call('three-retries'),
  'after 1 fallback': ({ call }) => call('down'),
  'after 2 fallbacks': ({ call }) => call('down-too'),
} as const satisfies Record<string, (callers: Callers) => Promise<string>>;

export type HistorySizes = Record<keyof typeof SHAPES, HistorySize>;

/** Makes one call of each shape and reads the size of its history. */
export async function measureHistories(callers: Callers): Promise<HistorySizes> {
  const sizes: Partial<HistorySizes> = {};
  for (const shape of Object.keys(SHAPES) as (keyof typeof SHAPES)[]) {
    sizes[shape] = await sizeOf(callers, await SHAPES[shape](callers));
  }
  return sizes as HistorySizes;
}

async function sizeOf({ temporal }: Callers, workflowId: string): Promise<HistorySize> {
  const description = await temporal.workflow.getHandle(workflowId).describe();
  const { stateTransitionCount } = description.raw.workflowExecutionInfo ?? {};
  return {
    events: description.historyLength,
    bytes: description.historySize ?? Number.NaN,
    transitions: Number(stateTransitionCount ?? Number.NaN),
  };
}
