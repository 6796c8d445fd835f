import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';

/** Nothing but the page under test may use the network, and nothing outlives the run. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** Before a test's own, so that it is told what was waited for. */
const TIMEOUT_MS = 120_000;

const PICTURES = new URL('../../docs/images/', import.meta.url);

export interface TestBrowser {
  /** A page of its own, in a profile that the pages of this browser share. */
  newPage(): Promise<Page>;
  /** Addresses that pages asked for elsewhere than at the given origin. */
  readonly outside: readonly string[];
  close(): Promise<void>;
}

/** Starts Chromium with a new, empty profile, for pages of one origin. */
export async function openBrowser(executablePath: string, origin: string): Promise<TestBrowser> {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
    colorScheme: 'light',
    // What moves is painted again and again.
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(TIMEOUT_MS);
  const outside: string[] = [];
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) outside.push(request.url());
  });
  return { newPage: () => context.newPage(), outside, close: () => browser.close() };
}

/** Keeps what a page shows as a picture of the documentation, where `UPDATE_SCREENSHOTS=1` asks for it. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['UPDATE_SCREENSHOTS'] !== '1') return;
  const path = fileURLToPath(new URL(`${name}.png`, PICTURES));
  await mkdir(dirname(path), { recursive: true });
  await page.screenshot({ path, animations: 'disabled' });
}
