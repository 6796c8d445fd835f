import type { FastifyReply } from 'fastify';

/** Adds headers to an answer. One that the gateway has set stays: the limits of a key go before those of a provider. */
export function addHeaders(reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) if (!reply.hasHeader(name)) void reply.header(name, value);
}
