import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGateway, type TestGateway } from '../helpers/gateway.js';
import { FAST, group } from '../helpers/holdfast.js';

export const TEXT = 'one two three';
const sse = ['one ', 'two ', 'three'];

/** What the provider says of an error in the midst of a stream. */
export const BROKEN = 'upstream overloaded';

const TOOL_CALL = { id: 'call_1', type: 'function', function: { name: 'count', arguments: '{"to":3}' } };

const usage = { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 };

const chunk = (delta: object, finish: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/**
 * A gateway as clients meet it: what they ask for is the name of what comes back. Comments keep its streams alive.
 * @param settings - `general_settings` beside
 */
export async function openForClients(settings: Record<string, unknown> = {}): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-clients-'));
  const gateway = await openGateway(
    {
      model_list: ['text', 'slow', 'broken', 'tools', 'embeddings', 'down', 'busy'].flatMap((name) => group(name)),
      router_settings: { ...FAST, num_retries: 1 },
      // Long enough for `broken` on a slow machine: go-openai does not tell an error that comes after a comment.
      general_settings: { sse_keepalive_ping_interval_seconds: 2, ...settings },
      // For embeddings of many texts.
      external_storage: { location: folder },
    },
    {
      'text-up': [{ sse }],
      // Longer silent than the interval of the comments.
      'slow-up': [{ sse, drip: [2, 3] }],
      'broken-up': [
        {
          raw: `${chunk({ role: 'assistant', content: 'one ' })}data: {"error": {"message": "${BROKEN}", "type": "server_error", "code": null}}\n\n`,
          headers: { 'content-type': 'text/event-stream' },
          // The error comes when the content has been passed on.
          drip: [4, 0.2],
        },
      ],
      'tools-up': [
        {
          body: {
            id: 'c',
            object: 'chat.completion',
            created: 1,
            model: 'm',
            choices: [
              {
                index: 0,
                message: { role: 'assistant', content: null, tool_calls: [TOOL_CALL] },
                finish_reason: 'tool_calls',
              },
            ],
            usage,
          },
        },
      ],
      'down-up': [{ status: 500 }],
      'busy-up': [{ status: 429 }],
    },
  );
  const close = async () => {
    await gateway.close();
    await rm(folder, { recursive: true });
  };
  return { ...gateway, close };
}

/** What every client must get, in the words of the programs of this folder. */
export const RIGHT = {
  text: TEXT,
  'stream text': TEXT,
  'error of text': '',
  'stream slow': TEXT,
  'error of slow': '',
  'stream broken': 'one ',
  tools: '{"to":3}',
  embeddings: '3',
};
