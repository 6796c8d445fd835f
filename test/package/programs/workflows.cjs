const { llm } = require('holdfast/workflow');

exports.nameBird = async (model) => {
  const { response } = await llm.chat({ model, messages: [{ role: 'user', content: 'Name a bird.' }] });
  return response.choices[0].message.content;
};
