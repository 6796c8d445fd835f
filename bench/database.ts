/** What a benchmark's Temporal server keeps its histories in. */
export const DATABASES = ['sqlite', 'postgresql'] as const;
export type Database = (typeof DATABASES)[number];

/** A Temporal server, and its database. */
export interface BenchServer {
  readonly address: string;
  readonly pid: number;
  /** Where the database is a process of its own. */
  readonly databasePid?: number;
}

export interface ServerOptions {
  /** The Temporal CLI. */
  readonly cli: string;
  /** For its files. */
  readonly folder: string;
  readonly onClose: (end: () => Promise<unknown>) => void;
  readonly report: (line: string) => void;
}
