import { total } from '../common/total.js';
import type { Board } from './board.js';

/** The board as a table in Markdown, for its page in the Temporal UI. */
export function boardTable({ deployments }: Board): string {
  const rows = Object.entries(deployments).map(([id, { limits, workers, sent }]) => {
    const held = Object.values(workers);
    const requests = total(sent.map(({ count }) => count));
    const inFlight = total(held.map((share) => share.inFlight));
    const due = total(held.map((share) => share.due));
    const cells = [
      id.replaceAll('|', '\\|'),
      `${requests} / ${limits.rpm ?? '–'}`,
      `${inFlight} / ${limits.maxParallelRequests ?? '–'}`,
      due,
      held.length,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '| Deployment | Sent in a minute / rpm | In flight / max_parallel_requests | Due | Workers |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
