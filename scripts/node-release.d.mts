/** Types of what TypeScript uses of `node-release.mjs`. */
export interface NodeRelease {
  package: string;
  version: string;
  integrity: string;
}
export declare class NodeError extends Error {}
export declare const MINIMUM_NODE: string;
export declare function isNewEnough(version: string, minimum?: string): boolean;
export declare function releaseOf(major: '22' | '24', platform?: string, arch?: string): NodeRelease | undefined;
export declare function preferredRelease(platform?: string, arch?: string): NodeRelease | undefined;
export declare function cachedNode(release: NodeRelease): { folder: string; program: string };
export declare function nodeOf(release: NodeRelease | undefined, report: (line: string) => void): Promise<string>;
