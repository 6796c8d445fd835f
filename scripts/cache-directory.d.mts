/** Types of `cache-directory.mjs`. */
export declare function cacheDirectory(env?: NodeJS.ProcessEnv, platform?: NodeJS.Platform): string;
