/** Types of what TypeScript uses of `run.mjs`. */
export declare function runQuietly(
  what: string,
  command: readonly string[],
  report: (line: string) => void,
  env?: Readonly<Record<string, string>>,
): Promise<void>;

/** Whether a module is what Node was started with: `import.meta.url`. */
export declare function isMain(url: string): boolean;

export declare function npmCommand(): [program: string, ...args: string[]];
