/** What stands before the path in the URL of a local file; also before the drive, where there are drives. */
const FILE = /^file:\/\/(?:\/(?=[a-z]:))?/i;

/** A location for people: a path where it is one. */
export function shownLocation(location: string): string {
  return FILE.test(location) ? decodeURIComponent(location.replace(FILE, '')) : location;
}
