import { describe, expect, test } from 'vitest';
import { checkReport, providerBoardId } from '../../../src/core/deployments/board-messages.js';
import { boardTable } from '../../../src/core/deployments/board-text.js';
import { EMPTY_BOARD, takeReport, type DeploymentUse } from '../../../src/core/deployments/board.js';
import { NOW_MS } from '../build.js';

const use: DeploymentUse = { limits: { rpm: 60 }, keeps: {}, sent: 3, inFlight: 1, due: 2 };

const news = {
  about: { group: 'g', provider: 'openai', host: 'x' },
  listens: false,
  waiting: 1,
  events: [{ type: 'cools', untilMs: 9 }, { type: 'probes' }, { type: 'answered' }, { type: 'not answered' }],
  recent: { answered: 1, failed: 0, p50Ms: null, tokens: 0 },
  lastError: { kind: 'Timeout', status: 408, message: 'late', atMs: -5 },
  failures: { Timeout: 1 },
};

describe('a report', () => {
  test('is taken', () => {
    expect(() => checkReport({ worker: 'w1', deployments: { a: use, b: { ...use, news } } })).not.toThrow();
  });

  test.each<[what: string, report: unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'hi'],
    ['without a worker', { deployments: {} }],
    ['without deployments', { worker: 'w1' }],
    ['with none instead of deployments', { worker: 'w1', deployments: null }],
    ['with a deployment that is none', { worker: 'w1', deployments: { a: null } }],
    ['with a text for a deployment', { worker: 'w1', deployments: { a: 'hi' } }],
    ['with limits that are none', { worker: 'w1', deployments: { a: { ...use, limits: null } } }],
    ['with a limit that is no number', { worker: 'w1', deployments: { a: { ...use, keeps: { rpm: 'many' } } } }],
    ['with news that are none', { worker: 'w1', deployments: { a: { ...use, news: 'hi' } } }],
    ['with an event that is none', { worker: 'w1', deployments: { a: { ...use, news: { ...news, events: [1] } } } }],
    [
      'with one event that is none',
      { worker: 'w1', deployments: { a: { ...use, news: { ...news, events: [{ type: 'probes' }, 1] } } } },
    ],
    [
      'with an event of no known type',
      { worker: 'w1', deployments: { a: { ...use, news: { ...news, events: [{ type: 'melts', untilMs: 1 }] } } } },
    ],
    [
      'with a cooldown without an end',
      { worker: 'w1', deployments: { a: { ...use, news: { ...news, events: [{ type: 'cools' }] } } } },
    ],
    ['with one deployment of several that is none', { worker: 'w1', deployments: { a: use, b: null } }],
    [
      'with a wish to listen that is none',
      { worker: 'w1', deployments: { a: { ...use, news: { ...news, listens: 'yes' } } } },
    ],
    ['with events that are none', { worker: 'w1', deployments: { a: { ...use, news: { ...news, events: {} } } } }],
    ['with a time that is none', { worker: 'w1', deployments: { a: { ...use, news: { ...news, waiting: 1e300 } } } }],
    ['with a count that is no number', { worker: 'w1', deployments: { a: { ...use, sent: null } } }],
  ])('that is none is refused: %s', (_, report) => {
    expect(() => checkReport(report)).toThrow('expected a report');
  });
});

test('a task queue has one board', () => {
  expect(providerBoardId('holdfast')).toBe('providers-holdfast');
});

test('the board as a table', () => {
  const deployments = { 'a|b': use, c: { ...use, limits: { maxParallelRequests: 4 } } };
  const first = takeReport(EMPTY_BOARD, { worker: 'w1', deployments }, NOW_MS).board;
  const later = { 'a|b': { ...use, sent: 9 } };
  const { board } = takeReport(first, { worker: 'w1', deployments: later }, NOW_MS + 1000);
  expect(
    boardTable(board, NOW_MS + 1000)
      .split('\n')
      .slice(2),
  ).toEqual([
    '| a\\|b | closed | 6 / 60 | 0 / – | 1 / – | 2 | 0 / 0 | – | – | 1 |',
    '| c | closed | 0 / – | 0 / – | 1 / 4 | 2 | 0 / 0 | – | – | 1 |',
  ]);
});
