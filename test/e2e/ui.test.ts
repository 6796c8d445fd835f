import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatCompletionRequest, HoldfastClient } from '../../src/client.js';
import { providerBoardId } from '../../src/core/deployments/board-messages.js';
import { SEARCH_ATTRIBUTES } from '../../src/core/common/search-attributes.js';
import type { Script } from '../../src/mock-provider/index.js';
import { picture } from '../helpers/browser.js';
import { group, PLANTED_KEY } from '../helpers/holdfast.js';
import { skipWithout } from '../helpers/requirements.js';
import { waitFor } from '../helpers/wait-for.js';
import { collect, openUiStage, PAGES, type UiStage } from './ui-stage.js';

const CONFIG = {
  model_list: ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet', 'mistral-large', 'gemini-flash', 'o3', 'o4'].flatMap((name) =>
    group(name, [name]),
  ),
  router_settings: {
    num_retries: 2,
    max_retry_delay: 1,
    fallbacks: [{ 'gpt-4o': ['claude-sonnet'] }, { 'gpt-4o-mini': ['mistral-large'] }],
  },
};

/** A message that would break a table, if it were taken for Markdown. */
const UNKNOWN_MODEL = 'The model `o3` does not exist | <b>see</b> *the* [docs](https://example.org)';

const SCRIPT: Script = {
  'gpt-4o': '500,429',
  'claude-sonnet': '429(retry-after=600)',
  'gpt-4o-mini': '503,429',
  'mistral-large': [
    { error: '429', headers: { 'retry-after': '1' } },
    { content: 'A group of larks is called an exaltation.' },
  ],
  'gemini-flash': 'ok',
  o3: [{ status: 404, error: { message: UNKNOWN_MODEL } }],
};

/** Calls by their ids. */
const CALLS = {
  'incident-report': ask('gpt-4o', 'Summarise the incident report of 3 May in five sentences, for readers in sales.'),
  larks: ask('gpt-4o-mini', 'What is a group of larks called?'),
  letter: ask('o3', 'Translate the attached letter.'),
  hello: ask('gemini-flash', 'Say hello.'),
};
type CallId = keyof typeof CALLS;

function ask(model: string, content: string): ChatCompletionRequest {
  return { model, messages: [{ role: 'user', content }] };
}

/** The calls that were retried or failed, as their search attributes tell. */
const FACTS: Partial<Record<CallId, Record<string, string | number>>> = {
  'incident-report': {
    HoldfastGroup: 'claude-sonnet',
    HoldfastErrorKind: 'RateLimitError',
    HoldfastAttempts: 3,
    HoldfastFallbacks: 1,
  },
  larks: {
    HoldfastGroup: 'mistral-large',
    HoldfastServedGroup: 'mistral-large',
    HoldfastOutcome: 'answered',
    HoldfastErrorKind: 'RateLimitError',
    HoldfastAttempts: 5,
    HoldfastFallbacks: 1,
  },
  letter: {
    HoldfastGroup: 'o3',
    HoldfastOutcome: 'failed',
    HoldfastErrorKind: 'NotFoundError',
    HoldfastAttempts: 1,
    HoldfastFallbacks: 0,
  },
};

/** Starts the calls and waits until three are over, one waits in its second group, and the list knows of it. */
async function makeCalls(client: HoldfastClient): Promise<void> {
  for (const [callId, request] of Object.entries(CALLS)) await client.start(request, { idempotencyKey: callId });
  await waitFor(
    async () => {
      const listed = await collect(client.list());
      const over = listed.filter(({ status }) => status === 'COMPLETED' || status === 'FAILED');
      const { pending } = await client.handle('incident-report').describe();
      const fellBack = listed.some(({ callId, fallbacks }) => callId === 'incident-report' && fallbacks === 1);
      return over.length === 3 && fellBack && pending?.state === 'waiting' && pending.group === 'claude-sonnet';
    },
    { what: 'three calls to end and one to wait' },
  );
}

describe.skipIf(skipWithout('chromium', 'temporal-cli'))('the Temporal UI', PAGES, () => {
  let stage: UiStage;

  beforeAll(async () => {
    stage = await openUiStage(CONFIG, SCRIPT);
    await makeCalls(stage.client);
  }, PAGES.timeout);
  afterAll(() => stage.close());

  const openCall = (callId: CallId, tab?: string) => stage.openWorkflow(callId, tab);
  /** The rows of the ledger in the current details. */
  const ledgerRows = () => stage.detailRows('deployment');

  describe('the page of a call that waits', () => {
    beforeAll(() => openCall('incident-report'));

    test('shows its groups, the attempt and the request in a line', async () => {
      await stage.visible(
        'Running',
        /Attempt 2(?: \/ \S+)? • callModelGroup • claude-sonnet: Summarise the incident report .* for readers in sales\./,
        /3 • callModelGroup • gpt-4o: Summarise the incident report/,
      );
      await picture(stage.page, 'waiting-call');
    });

    test('shows under Pending Activities why it waits and until when', async () => {
      await stage.openTab('Pending Activities');
      await stage.visible('Activity ID', 'claude-sonnet', /^2\b/, 'Next Retry', /\(\d{3}s\)/);
      await stage.visible('Heartbeat Details', /"now": "RateLimitError \(429\): next attempt at 20\d\d-/);
      await stage.visible(/retry 1 of 2 on num_retries; the provider asked for 600 s \(Retry-After\)/);
      await stage.visible('"ledger"', '"attempt": 1', '"deployment": "claude-sonnet#claude-sonnet"', '"durationMs"');
      await picture(stage.page, 'waiting-call-heartbeat');
    });

    test('shows under User Metadata the ledger of the group that gave up', async () => {
      await stage.openTab('User Metadata');
      expect(await ledgerRows()).toEqual([
        ['gpt-4o', '1', '#gpt-4o', expect.stringContaining('InternalServerError (500): '), TOOK, RETRY],
        ['gpt-4o', '2', '#gpt-4o', expect.stringContaining('RateLimitError (429): '), TOOK, RETRY],
        [
          'gpt-4o',
          '3',
          '#gpt-4o',
          expect.stringContaining('RateLimitError (429): '),
          TOOK,
          'give up: num_retries (2) is used up',
        ],
      ]);
    });

    test('shows its search attributes', async () => {
      await stage.openTab('Search Attributes');
      for (const [name, value] of Object.entries(FACTS['incident-report']!)) {
        await stage.visible(`"${name}": ${JSON.stringify(value)}`);
      }
    });
  });

  describe('the page of a call that is over', () => {
    test('shows the answer, and the ledger in its result', async () => {
      await openCall('larks');
      await stage.visible('Completed', 'A group of larks is called an exaltation.', '"report"', '"ledger"');
    });

    test('shows the whole ledger as a table', async () => {
      await openCall('larks', 'User Metadata');
      const rows = await ledgerRows();
      expect(rows.map(([name, attempt]) => `${name} ${attempt}`)).toEqual([
        'gpt-4o-mini 1',
        'gpt-4o-mini 2',
        'gpt-4o-mini 3',
        'mistral-large 1',
        'mistral-large 2',
      ]);
      expect(rows.at(-1)?.[3]).toBe('answered');
      await picture(stage.page, 'answered-call-ledger');
    });

    test('shows how it failed, with the message of the provider as plain text', async () => {
      await openCall('letter');
      await stage.visible('Failed', '"kind": "NotFoundError"', '"status": 404');
      await stage.openTab('User Metadata');
      const [only] = await ledgerRows();
      expect(only).toContain(`NotFoundError (404): ${UNKNOWN_MODEL}`);
    });
  });

  describe('the page of a call whose group is held', () => {
    const HELD = 'group o4 is held by ann: the bill';
    /** How its deployment stands, by the page of the board. */
    const state = async () => {
      await stage.openWorkflow(providerBoardId('holdfast'), 'User Metadata');
      const rows = await stage.detailRows('max_parallel_requests');
      return rows.find(([deployment]) => deployment === 'o4#o4')?.[1];
    };

    test('says under Pending Activities by whom and why, and so does the board', async () => {
      await stage.client.hold('o4', { by: 'ann', why: 'the bill' });
      const call = await stage.client.start(ask('o4', 'Say hello.'), { idempotencyKey: 'held' });
      await waitFor(async () => ((await call.inspect()).pending?.lastFailure ?? '').includes(HELD), {
        what: 'the call to be held',
      });
      await stage.openWorkflow('held', 'Pending Activities');
      await stage.visible('Running', 'Last Failure', new RegExp(`"message": "${HELD}`), /"now": ".*o4 is held by ann/);
      await picture(stage.page, 'held-call');
      expect(await state()).toBe('held');
      const board = stage.page.locator('iframe[src*="max_parallel_requests"]').contentFrame();
      await board.getByText('group o4: held by ann').waitFor();
    });

    test('says nothing of it when it is released, but in its ledger', async () => {
      await stage.client.release('o4');
      await stage.client.handle('held').result();
      await stage.openWorkflow('held', 'Pending Activities');
      await stage.visible('Completed');
      expect(await stage.page.getByText('is held by ann').filter({ visible: true }).count()).toBe(0);
      await stage.openTab('User Metadata');
      expect(await ledgerRows()).toEqual([
        ['o4', '', '', `note: ${HELD}; charged to no budget`, '', ''],
        ['o4', '1', '#o4', 'answered', TOOK, ''],
      ]);
      expect(await state()).not.toBe('held');
    });
  });

  describe('the list', () => {
    test('filtered by error kind has the calls that met it, retrying or over', async () => {
      await stage.openList('HoldfastErrorKind="RateLimitError"');
      await stage.visible('incident-report', 'larks');
      expect(await stage.row('llmCall').count()).toBe(2);
    });

    test('filtered by group has the calls that are in it', async () => {
      await stage.openList('HoldfastGroup="claude-sonnet" AND ExecutionStatus="Running"');
      await stage.visible('incident-report');
      expect(await stage.row('llmCall').count()).toBe(1);
      const retrying = await collect(stage.client.list({ retrying: 'claude-sonnet' }));
      expect(retrying.map(({ callId }) => callId)).toEqual(['incident-report']);
    });

    test('has a column for each search attribute, for those who want it', async () => {
      await stage.openList('WorkflowType="llmCall"');
      await stage.page.getByTestId('workflows-summary-table-configuration-button').click();
      for (const name of ['Run ID', 'Type', 'Start', 'End']) await column('Remove', name);
      for (const name of COLUMNS) await column('Add', name);
      // The UI keeps the columns in the browser.
      await stage.page.reload();
      for (const [callId, facts] of Object.entries(FACTS)) {
        for (const value of Object.values(facts)) {
          await stage
            .row(callId)
            .getByRole('cell', { name: String(value), exact: true })
            .first()
            .waitFor();
        }
      }
      expect(await stage.row('hello').innerText()).toContain('gemini-flash');
      await picture(stage.page, 'list');
    });

    const column = (action: 'Add' | 'Remove', name: string) =>
      stage.page.getByRole('button', { name: `${action} ${name} column`, exact: true }).click();
  });

  test('needs nothing but its own server, and never shows a key', async () => {
    const tabs = { History: 'Event History', 'Pending Activities': 'Heartbeat Details', Memo: 'holdfastRequestHash' };
    await openCall('incident-report');
    for (const [tab, shown] of Object.entries(tabs)) {
      await stage.openTab(tab);
      await stage.visible(shown);
      expect(await stage.page.content()).not.toContain(PLANTED_KEY.slice(0, 10));
    }
    expect(stage.outside).toEqual([]);
  });
});

const COLUMNS = Object.keys(SEARCH_ATTRIBUTES);
const TOOK = expect.stringMatching(/^\d\.\d\d s$/);
const RETRY = expect.stringMatching(/^retry after \d\.\d\d s: retry \d of 2 on num_retries; back-off of retry/);
