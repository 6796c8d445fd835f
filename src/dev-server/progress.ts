import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const TRANSFER_INTERVAL_MS = 2_000;

export function formatElapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function formatMegabytes(bytes: number): string {
  return `${Math.floor(bytes / 1_000_000)} MB`;
}

/** Bytes of all files below a folder; files that vanish meanwhile count nothing. */
async function bytesIn(directory: string): Promise<number> {
  const files = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = files.map((name) =>
    stat(join(directory, name)).then(
      (stats) => (stats.isFile() ? stats.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

export interface TransferOptions {
  /** What arrives grows in here. */
  directory: string;
  totalBytes?: number;
  report: (line: string) => void;
}

/** Runs a transfer, and tells now and then how much of it has arrived. */
export async function withTransferProgress<T>(options: TransferOptions, transfer: () => Promise<T>): Promise<T> {
  const { directory, totalBytes, report } = options;
  const startedAt = Date.now();
  const total = totalBytes === undefined ? '' : ` of ${formatMegabytes(totalBytes)}`;
  const progress = setInterval(() => {
    void bytesIn(directory).then((bytes) =>
      report(`  ${formatMegabytes(bytes)}${total}, ${formatElapsed(Date.now() - startedAt)}`),
    );
  }, TRANSFER_INTERVAL_MS);
  try {
    return await transfer();
  } finally {
    clearInterval(progress);
  }
}
