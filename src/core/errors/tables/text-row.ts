/** A text that providers write, and who was seen to write it. */
export interface TextRow {
  readonly text: RegExp;
  readonly by: string;
  /** A public report, or the page of a document. */
  readonly source: string;
  /** When it was written, or read. */
  readonly date: string;
}

/** Whether any row knows one of the texts. */
export function anyMatches(rows: readonly TextRow[], texts: readonly string[]): boolean {
  return texts.some((text) => rows.some((row) => row.text.test(text)));
}
