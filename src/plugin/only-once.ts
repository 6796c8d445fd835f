interface WithPlugins {
  readonly plugins?: readonly { readonly name: string }[];
}

/**
 * Each plugin of a name encrypts, and has activities. The SDK gives workers and clients the plugins of their connection, too.
 * @throws TypeError where there are two
 */
export function onlyOnce(options: object, name: string): void {
  const { plugins = [] }: WithPlugins = options;
  if (plugins.filter((plugin) => plugin.name === name).length < 2) return;
  throw new TypeError('HoldfastPlugin is given twice, here or to the connection, too: give it once');
}
