// A service whose calls are made once, however often its clients ask: PUT /summaries/:id
import Fastify from 'fastify';
import { HoldfastClient, isCallError } from 'holdfast/client';

const holdfast = await HoldfastClient.connect();
const service = Fastify();

service.put('/summaries/:id', async ({ params, body }, reply) => {
  const request = {
    model: 'fast',
    messages: [{ role: 'user', content: `Summarize in a sentence: ${body.text}` }],
    timeout: 60,
  };
  try {
    // Who asks again joins the call, or gets its answer; another text under the same id is a conflict.
    const { response, report } = await holdfast.execute(request, { idempotencyKey: `summary-${params.id}` });
    return { summary: response.choices[0]?.message.content, attempts: report.attempts };
  } catch (error) {
    if (!isCallError(error)) throw error;
    return reply.code(error.status).send({ error: error.kind, message: error.message });
  }
});

service.addHook('onClose', () => holdfast.close());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => service.close());
console.log('listens at', await service.listen({ port: Number(process.env.PORT ?? 3000) }));
