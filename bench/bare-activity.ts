import OpenAI from 'openai';

export interface BareRequest {
  readonly model: string;
  readonly messages: { readonly role: 'user'; readonly content: string }[];
}

export type BareActivities = ReturnType<typeof createBareActivities>;

/** The same request to the same provider, with the openai client as its documentation uses it, and no policy. */
export function createBareActivities(baseURL: string) {
  const client = new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 });
  return {
    async ask(request: BareRequest): Promise<unknown> {
      return client.chat.completions.create(request);
    },
  };
}
