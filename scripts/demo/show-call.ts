import { setTimeout as sleep } from 'node:timers/promises';
import { answerText } from '../../src/cli/answer-text.js';
import { describeNow } from '../../src/cli/describe-now.js';
import { oneLine } from '../../src/cli/printable.js';
import { isCallError, type CallHandle, type CallInspection } from '../../src/client.js';
import type { Ledger } from '../../src/core/ledger/ledger.js';
import { killWorkerOf } from './kill-worker.js';
import { LedgerRows } from './ledger-rows.js';
import { policyLine } from './policy-line.js';
import { requestOf, type Scenario } from './scenarios.js';
import type { Play, Stage } from './stage.js';

const POLL_INTERVAL_MS = 250;
const SHOWN_ANSWER = 240;

type Ended = { readonly ledger: Ledger } & ({ readonly answer: string } | { readonly failure: string });

/** Makes a call and shows what becomes of it. Returns whether it was answered. */
export async function showCall(play: Play, scenario: Scenario, number: number): Promise<boolean> {
  const { run, stage, screen } = play;
  stage.provider?.setScript(scriptOf(stage, scenario));
  screen.heading(`${number} · ${scenario.title}`);
  screen.text(scenario.what);
  screen.text(`Policy of ${policyLine(stage.config, scenario)}`);
  const callId = `${stage.prefix}-${number}-${scenario.name}`;
  stage.callIds.push(callId);
  const handle = await run.until(stage.client.start(requestOf(scenario), { idempotencyKey: callId }));
  screen.row(`Call ${callId}  ${stage.uiOf(callId) ?? ''}`, 'cyan');
  screen.gap();
  const rows = new LedgerRows(screen);
  const [ended] = await Promise.all([
    follow(play, handle, rows),
    scenario.killsWorker ? killWorkerOf(play, handle) : undefined,
  ]);
  rows.show(ended.ledger);
  screen.gap();
  if ('answer' in ended) screen.text(`Answer: ${shortened(ended.answer)}`, { style: 'green', hanging: 8 });
  else screen.text(`The call failed: ${shortened(ended.failure)}`, { style: 'red' });
  return 'answer' in ended;
}

/** The faults are for the deployment that the group asks first, whatever its model is. */
function scriptOf({ config: { routing } }: Stage, { group, faults }: Scenario) {
  const [first] = (routing.groups[group] ?? []).toSorted((a, b) => (a.order ?? 1) - (b.order ?? 1));
  return first === undefined || faults.length === 0 ? {} : { [first.model]: [...faults, {}] };
}

async function follow(play: Play, handle: CallHandle, rows: LedgerRows): Promise<Ended> {
  const { run, screen } = play;
  let isOver = false;
  const ended = endOf(handle).finally(() => (isOver = true));
  while (!isOver) {
    // What is only shown may fail: the end of the call tells whether something is wrong.
    const inspection = await run.until(handle.inspect().catch(() => null));
    if (inspection !== null && !isOver) {
      rows.show(inspection.ledger);
      screen.status(statusOf(play, inspection));
    }
    await run.until(Promise.race([ended, sleep(POLL_INTERVAL_MS)]));
  }
  screen.status('');
  return ended;
}

/** Temporal believes in a worker until its heartbeats have been missing for a while. */
function statusOf({ killed }: Play, inspection: CallInspection): string {
  const { pending } = inspection;
  const isGone = pending?.state === 'asking' && pending.worker?.startsWith(`${killed?.pid}@`);
  return isGone ? `no heartbeat any more from process ${killed?.pid}, which had the attempt` : describeNow(inspection);
}

async function endOf(handle: CallHandle): Promise<Ended> {
  try {
    const { response, report } = await handle.result();
    return { answer: answerText(response), ledger: report.ledger };
  } catch (error) {
    if (!isCallError(error)) throw error;
    return { failure: `${error.kind} (${error.status}): ${error.message}`, ledger: error.ledger };
  }
}

function shortened(text: string): string {
  const line = oneLine(text);
  return line.length <= SHOWN_ANSWER ? line : `${line.slice(0, SHOWN_ANSWER)} …`;
}
