import { boardStatus, type ProviderStatus } from './board-status.js';
import type { Board } from './board.js';

/** The board as a table in Markdown, for its page in the Temporal UI. Nothing of callers or providers is in it. */
export function boardTable(board: Board, nowMs: number): string {
  const { deployments, holds } = boardStatus(board, nowMs);
  const heldText = holds.map(
    (hold) => `- ${hold.kind} ${cell(hold.target)}: held by ${cell(hold.by)} since ${hold.since}`,
  );
  return [
    '| Deployment | State | Sent in a minute / rpm | Tokens / tpm | In flight / max_parallel_requests | Waiting | Answered / failed | p50 | Last error | Workers |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...deployments.map((each) => `| ${cellsOf(each).map(cell).join(' | ')} |`),
    ...(heldText.length === 0 ? [] : ['', ...heldText]),
  ].join('\n');
}

function cellsOf(of: ProviderStatus): string[] {
  return [
    of.deployment,
    of.until === null ? of.state : `${of.state} until ${of.until}`,
    `${of.requestsInMinute} / ${of.rpm ?? '–'}`,
    `${of.tokensInMinute} / ${of.tpm ?? '–'}`,
    `${of.inFlight} / ${of.maxParallelRequests ?? '–'}`,
    String(of.waiting),
    `${of.answered} / ${of.failed}`,
    of.p50Ms === null ? '–' : `${of.p50Ms} ms`,
    of.lastError === null ? '–' : `${of.lastError.kind} (${of.lastError.status}) at ${of.lastError.at}`,
    String(of.workers),
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
