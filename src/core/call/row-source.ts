import type { Ceilings } from '../plan/settings.js';

/** Whose rows those of a batch are, and what these may ask for. */
export interface RowCaller {
  /** Counts the rows of all batches of one caller together. */
  readonly id: string;
  /** Rows that may be begun within a minute. @default any number */
  readonly rpmLimit?: number | undefined;
  /** Requests that may be with providers at once. @default any number */
  readonly maxParallelRequests?: number | undefined;
  readonly ceilings?: Ceilings | undefined;
}

/** What every activity of a batch needs to find its files. */
export interface BatchFiles {
  readonly batchId: string;
  /** Counts how often the batch was started: failures of earlier rounds are run again. One-based. */
  readonly round: number;
  /** The folder for what belongs to the batch alone: index, parts. */
  readonly folder: string;
  /** The folder for the output. */
  readonly output: string;
  /** @default it is for whoever reads the files */
  readonly encryptsOutput?: boolean | undefined;
  readonly settings: Readonly<Record<string, unknown>>;
  /** @default nobody whose requests are limited */
  readonly caller?: RowCaller | undefined;
  /** The webhook that is told of the batch, and of the gates and pauses of its rows. @default those of the config alone */
  readonly webhook?: string | undefined;
}

/** A row, by where it is. */
export interface RowRef {
  /** Zero-based, blank lines not counted. */
  readonly row: number;
  readonly chunk: number;
  readonly byteStart: number;
  readonly byteLength: number;
  readonly digest: string;
  readonly customId: string;
  /** The model group it asks for. */
  readonly group: string;
}

/** A row of a batch, by where it is. */
export interface RowSource {
  readonly files: BatchFiles;
  /** Where rows are read from. */
  readonly input: string;
  readonly row: RowRef;
}

/** Where a record of a row is written. */
export interface RecordPlace {
  readonly location: string;
  readonly byteStart: number;
  readonly byteLength: number;
}
