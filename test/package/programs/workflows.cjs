const { llm } = require('holdfast/workflow');

exports.nameBirds = async (model) => {
  const request = { model, messages: [{ role: 'user', content: 'Name a bird.' }] };
  const asChild = await llm.chat(request);
  const asActivities = await llm.chat(request, { runAs: 'activities' });
  return [asChild, asActivities].map(({ response }) => response.choices[0].message.content);
};
