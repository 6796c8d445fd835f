/** Types of what TypeScript uses of `run.mjs`. */
export declare function runQuietly(
  what: string,
  command: readonly string[],
  report: (line: string) => void,
  env?: Readonly<Record<string, string>>,
): Promise<void>;

export declare function npmCommand(): [program: string, ...args: string[]];
