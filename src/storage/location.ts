import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** A place in S3. */
export interface S3Place {
  readonly bucket: string;
  /** Empty for the bucket itself. */
  readonly key: string;
}

/**
 * The location that a person means by a path or a URL; without a `/` at its end.
 * @throws Error for a URL of another kind than `file:` or `s3:`, or one without a bucket
 */
export function toLocation(text: string, cwd: string): string {
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  const trimmed = text.length > 1 ? text.replace(/\/+$/, '') : text;
  if (scheme === undefined) return pathToFileURL(resolve(cwd, trimmed)).href;
  if (scheme === 'file') return pathToFileURL(resolve(fileURLToPath(trimmed))).href;
  if (scheme !== 's3') throw new Error(`${text}: expected a path, file:///… or s3://bucket/…, got ${scheme}://`);
  const { bucket, key } = s3Place(trimmed);
  if (bucket === '') throw new Error(`${text}: expected s3://bucket/key, got no bucket`);
  return `s3://${bucket}/${key}`;
}

/** What is in a folder, by the names on the way to it. */
export function locationIn(folder: string, ...names: readonly string[]): string {
  const isFile = folder.startsWith('file:');
  const path = names.map((name) => (isFile ? encodeURIComponent(name) : name)).join('/');
  return folder.endsWith('/') ? `${folder}${path}` : `${folder}/${path}`;
}

export function isS3(location: string): boolean {
  return location.startsWith('s3://');
}

export function s3Place(location: string): S3Place {
  const path = location.slice('s3://'.length);
  const slash = path.indexOf('/');
  return slash === -1 ? { bucket: path, key: '' } : { bucket: path.slice(0, slash), key: path.slice(slash + 1) };
}
