import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { inject } from 'vitest';
import { HoldfastClient } from '../../src/client.js';
import { uiAddress } from '../../src/client/ui-address.js';
import { parseConfig } from '../../src/config/index.js';
import { startDevServer } from '../../src/dev-server/index.js';
import { keyRing } from '../../src/encryption/key-ring.js';
import { startMockProvider, type MockProvider, type Script } from '../../src/mock-provider/index.js';
import { startWorker } from '../../src/worker.js';
import { openBrowser } from '../helpers/browser.js';
import { configText } from '../helpers/holdfast.js';
import { locate } from '../helpers/requirements.js';
import { installTestRuntime } from '../helpers/temporal.js';

/** The pages of the UI take seconds of a processor each: on a slow machine several of them are more than a test has elsewhere. */
export const PAGES = { timeout: 900_000 } as const;

const BLANK = 'about:blank';
const TABS_MS = 30_000;

/** A server with its UI, a provider, a worker, and a page of a browser. */
export interface UiStage {
  /** Of the Temporal server. */
  readonly address: string;
  readonly uiUrl: string;
  readonly client: HoldfastClient;
  readonly provider: MockProvider;
  readonly page: Page;
  /** Gone when the stage is closed. */
  readonly folder: string;
  /** Addresses that the page asked for elsewhere than at the server's UI. */
  readonly outside: readonly string[];
  /** Opens the page of a call or a batch. */
  openWorkflow(id: string, tab?: string): Promise<void>;
  openTab(name: string): Promise<void>;
  openList(query: string): Promise<void>;
  /** Leaves the page for one that has nothing of any workflow. */
  leave(): Promise<void>;
  /** The row of the open list that has a text. */
  row(text: string): Locator;
  /** Waits until the page shows all of these. */
  visible(...texts: readonly (string | RegExp)[]): Promise<void>;
  /** The cells of the table in the current details, without its head, found by a word that stands in no other details. */
  detailRows(word: string): Promise<string[][]>;
  close(): Promise<void>;
}

export async function openUiStage(config: unknown, script: Script): Promise<UiStage> {
  installTestRuntime();
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-ui-'));
  const server = await startDevServer({ cli: inject('temporalCli')!, dbFile: join(folder, 'temporal.db') });
  const { address } = server;
  const uiUrl = server.uiUrl!;
  const provider = await startMockProvider({ script });
  const read = parseConfig(configText(config, provider.url), { source: 'test', env: {} });
  const worker = await startWorker({
    config: read,
    address,
    drainSeconds: 0,
    workflowBundle: { codePath: inject('workflowBundlePath') },
  });
  const client = await HoldfastClient.connect({ address, keys: keyRing(read.encryption) });
  const browser = await openBrowser(locate('chromium')!, uiUrl);
  const page = await browser.newPage();
  const openTab = async (name: string) => {
    const tab = page.getByRole('tab', { name });
    // A page that met an error while it was put together stays without its tabs until it is loaded anew.
    await tab.waitFor({ timeout: TABS_MS }).catch(() => page.reload());
    await tab.click();
  };
  /** As a link of the UI does: the UI itself, most of what a page takes, is loaded once. */
  const follow = (address: string) => {
    const link = `Object.assign(document.createElement('a'), { href: ${JSON.stringify(address)} })`;
    return page.evaluate(`document.body.appendChild(${link}).click()`);
  };
  const elsewhere = page.getByRole('heading', { name: 'Namespaces' });
  const leave = async () => {
    const address = new URL('/namespaces', uiUrl).href;
    await (page.url() === BLANK ? page.goto(address) : follow(address));
    await elsewhere.waitFor();
  };
  /** What is seen then is of this page: the one in between has nothing of any workflow. */
  const open = async (address: string) => {
    await leave();
    await follow(address);
    await elsewhere.waitFor({ state: 'hidden' });
  };
  return {
    address,
    uiUrl,
    client,
    provider,
    page,
    folder,
    outside: browser.outside,
    openWorkflow: async (callId, tab) => {
      await open(uiAddress({ namespace: 'default', callId }, { HOLDFAST_UI: uiUrl }));
      if (tab !== undefined) await openTab(tab);
    },
    openTab,
    leave,
    openList: async (query) => {
      await open(`${uiUrl}/namespaces/default/workflows?query=${encodeURIComponent(query)}`);
    },
    row: (text) => page.getByRole('row').filter({ hasText: text }),
    visible: async (...texts) => {
      for (const text of texts) await page.getByText(anySpaces(text)).filter({ visible: true }).first().waitFor();
    },
    detailRows: async (word) => {
      // The UI shows each text in a frame of its own, whose address has the text.
      const details = page.locator(`iframe[src*="${word}"]`).contentFrame();
      await details.getByText(word).first().waitFor();
      const [, ...rows] = await details.getByRole('row').all();
      return Promise.all(rows.map(async (one) => (await one.getByRole('cell').allInnerTexts()).map(withPlainSpaces)));
    },
    close: async () => {
      await browser.close();
      worker.stop();
      await worker.stopped;
      await client.close();
      await provider.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Where a text has a space, the page may have a line break. */
function anySpaces(text: string | RegExp): string | RegExp {
  return typeof text === 'string' ? text : new RegExp(text.source.replaceAll(' ', String.raw`\s+`));
}

function withPlainSpaces(text: string): string {
  return text.replaceAll('\u00A0', ' ');
}
