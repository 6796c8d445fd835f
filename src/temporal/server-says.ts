/** What the server says of an error, in its own words: over the connection of a worker they are the message. */
export function serverSays({ details, message }: { readonly details: string; readonly message: string }): string {
  return details === '' ? message : details;
}
