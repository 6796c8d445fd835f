/** How a provider is reached that speaks OpenAI's API. */
export interface ProviderRow {
  /** Where requests go without `api_base`, with variables in braces; null: it must be named. */
  readonly baseUrl: string | null;
  /** Variables that name another base URL, the first that is set. */
  readonly baseVariables: readonly string[];
  /** Variables that hold the key, the first that is set; none: the provider needs no key. */
  readonly keyVariables: readonly string[];
  /** How requests are signed in without a key. What is missing for it keeps only the deployment from being served. */
  readonly signIn?: ProviderSignIn;
  /** Whether it works without a key, as servers of one's own do. */
  readonly keyless?: true;
  /** What variables of the base URL are where nobody sets them. */
  readonly defaults?: Readonly<Record<string, string>>;
  /** The base URL, where the variables alone do not make it. */
  readonly urlOf?: (filled: string) => string;
  /**
   * What follows the host where an `api_base` has no path: LiteLLM speaks the provider's native API there, and its
   * configs name the host only.
   */
  readonly path?: string;
  /** What LiteLLM's base URLs end with for the provider's native API, and what takes its place. */
  readonly native?: readonly [end: RegExp, instead: string];
  /** The provider's name for a model, where LiteLLM's is another. Its own names stay as they are. */
  readonly modelOf?: (name: string) => string;
  /** The provider's hosts, with all below them, beside the one of `baseUrl`. */
  readonly hosts?: readonly string[];
  /** The public page that says so, and when it was looked at. */
  readonly source: string;
  readonly checked: '2026-11';
}

/** `aws`: a signature of each request, by AWS credentials. `google`: a token of Google Cloud. */
export type ProviderSignIn = { readonly by: 'aws'; readonly service: string } | { readonly by: 'google' };

type Options = Omit<ProviderRow, 'baseUrl' | 'baseVariables' | 'keyVariables' | 'source' | 'checked'>;

export function row(
  baseUrl: string | null,
  base: string,
  keys: string,
  source: string,
  options: Options = {},
): ProviderRow {
  return { baseUrl, baseVariables: words(base), keyVariables: words(keys), source, checked: '2026-11', ...options };
}

export function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

/** LiteLLM's own page of a provider, which names prefix, variables and base URL. */
export const page = (name: string) => `https://docs.litellm.ai/docs/providers/${name}`;
