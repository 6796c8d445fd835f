/** What the SDK says of an activity that a worker has not, of a local one at once. */
const NOT_REGISTERED = /^(?:Activity function|Local activity of type) \S+ (?:is )?not registered on/;

/**
 * What to do about a worker that has the workflow of a call, and not the activities; null: that is not what an error says.
 * @param worker - which one
 */
export function missingActivities(message: string, worker: string): string | null {
  if (!NOT_REGISTERED.test(message)) return null;
  const todo = 'give it HoldfastPlugin, or give the call the taskQueue of workers that have them';
  return `${worker} has not the activities of Holdfast: ${todo}`;
}
