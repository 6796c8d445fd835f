import { parseExactJson, stringifyExactJson } from '../core/common/exact-json.js';
import type { ProviderEvent } from '../core/call/stream-part.js';

/** What OpenAI ends its streams with; those of Responses end with their last event. */
export const DONE = 'data: [DONE]\n\n';

/** Events as they go over the wire. */
export function textOf(events: readonly ProviderEvent[]): string {
  return events
    .map(({ event, data }) => {
      const lines = data.split('\n').map((line) => `data: ${line}`);
      return `${[...(event === undefined ? [] : [`event: ${event}`]), ...lines].join('\n')}\n\n`;
    })
    .join('');
}

/** An event with a field of ours, `holdfast`, beside what the provider wrote. */
export function withOurs({ data, ...event }: ProviderEvent, ours: object): ProviderEvent {
  return { ...event, data: stringifyExactJson({ ...(parseExactJson(data) as object), holdfast: ours }) };
}
