/** What every activity of a batch needs to find its files. */
export interface BatchFiles {
  readonly batchId: string;
  /** Counts how often the batch was started: failures of earlier rounds are run again. One-based. */
  readonly round: number;
  /** The folder for what belongs to the batch alone: index, parts. */
  readonly folder: string;
  /** The folder for the output. */
  readonly output: string;
  readonly settings: Readonly<Record<string, unknown>>;
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
