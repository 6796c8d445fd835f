import { page, type ProviderRow, row } from './row.js';

const DATABRICKS_HOSTS = ['cloud.databricks.com', 'azuredatabricks.net', 'gcp.databricks.com'];

/** `huggingface/PROVIDER/ORG/MODEL` is the model `ORG/MODEL:PROVIDER` of the router. */
function huggingFaceModel(name: string): string {
  const [provider, ...model] = name.split('/');
  return model.length < 2 ? name : `${model.join('/')}:${provider}`;
}

/** LiteLLM's `USER.APP.MODEL` is a page at Clarifai. */
function clarifaiModel(name: string): string {
  const [user, app, ...model] = name.split('.');
  return model.length === 0 || name.includes('/')
    ? name
    : `https://clarifai.com/${user}/${app}/models/${model.join('.')}`;
}

/** Further providers with an endpoint that speaks OpenAI's API. */
export const FURTHER_PROVIDERS = {
  abliteration: row('https://api.abliteration.ai/v1', '', 'ABLITERATION_API_KEY', page('abliteration')),
  ai21: row('https://api.ai21.com/studio/v1', 'AI21_API_BASE', 'AI21_API_KEY', page('ai21')),
  ai21_chat: row('https://api.ai21.com/studio/v1', 'AI21_API_BASE', 'AI21_API_KEY', page('ai21')),
  aihubmix: row('https://aihubmix.com/v1', 'AIHUBMIX_API_BASE', 'AIHUBMIX_API_KEY', page('aihubmix')),
  amazon_nova: row(
    'https://api.nova.amazon.com/v1',
    'AMAZON_NOVA_API_BASE',
    'AMAZON_NOVA_API_KEY',
    page('amazon_nova'),
  ),
  anyscale: row('https://api.endpoints.anyscale.com/v1', 'ANYSCALE_API_BASE', 'ANYSCALE_API_KEY', page('anyscale')),
  apertis: row('https://api.stima.tech/v1', '', 'STIMA_API_KEY', page('apertis')),
  assemblyai: row('https://llm-gateway.assemblyai.com/v1', '', 'ASSEMBLYAI_API_KEY', page('assemblyai')),
  charity_engine: row(
    'https://api.charityengine.services/remotejobs/v2/inference',
    '',
    'CHARITY_ENGINE_API_KEY',
    page('charity_engine'),
  ),
  chutes: row('https://llm.chutes.ai/v1', '', 'CHUTES_API_KEY', page('chutes')),
  clarifai: row(
    'https://api.clarifai.com/v2/ext/openai/v1',
    'CLARIFAI_API_BASE',
    'CLARIFAI_API_KEY CLARIFAI_PAT',
    'https://docs.clarifai.com/compute/inference/open-ai',
    { modelOf: clarifaiModel },
  ),
  cloudflare: row(
    'https://api.cloudflare.com/client/v4/accounts/{CLOUDFLARE_ACCOUNT_ID}/ai/v1',
    'CLOUDFLARE_API_BASE',
    'CLOUDFLARE_API_KEY',
    'https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/',
    { hosts: ['api.cloudflare.com'], native: [/\/ai\/run$/, '/ai/v1'] },
  ),
  cognition: row('https://api.cognition.ai/v1', 'COGNITION_API_BASE', 'COGNITION_API_KEY', page('cognition')),
  cometapi: row(
    'https://api.cometapi.com/v1',
    'COMETAPI_API_BASE COMETAPI_BASE_URL',
    'COMETAPI_API_KEY COMETAPI_KEY',
    page('cometapi'),
  ),
  compactifai: row('https://api.compactif.ai/v1', '', 'COMPACTIFAI_API_KEY', page('compactifai')),
  cortecs: row('https://api.cortecs.ai/v1', 'CORTECS_API_BASE', 'CORTECS_API_KEY', page('cortecs')),
  crusoe: row(
    'https://managed-inference-api-proxy.crusoecloud.com/v1',
    'CRUSOE_API_BASE',
    'CRUSOE_API_KEY',
    page('crusoe'),
  ),
  darkbloom: row('https://api.darkbloom.dev/v1', 'DARKBLOOM_API_BASE', 'DARKBLOOM_API_KEY', page('darkbloom')),
  databricks: row(
    null,
    'DATABRICKS_API_BASE',
    'DATABRICKS_API_KEY DATABRICKS_TOKEN',
    'https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference',
    { path: '/serving-endpoints', hosts: DATABRICKS_HOSTS },
  ),
  datarobot: row(
    'https://app.datarobot.com/api/v2/genai/llmgw',
    'DATAROBOT_API_BASE DATAROBOT_ENDPOINT',
    'DATAROBOT_API_TOKEN DATAROBOT_API_KEY',
    'https://docs.datarobot.com/en/docs/gen-ai/genai-code/dr-llm-gateway.html',
    { path: '/api/v2/genai/llmgw', hosts: ['datarobot.com'], native: [/\/api\/v2$/, '/api/v2/genai/llmgw'] },
  ),
  docker_model_runner: row(
    'http://localhost:12434/engines/v1',
    'DOCKER_MODEL_RUNNER_API_BASE',
    'DOCKER_MODEL_RUNNER_API_KEY',
    'https://docs.docker.com/ai/model-runner/api-reference/',
    { keyless: true, native: [/\/engines\/llama\.cpp$/, '/engines/llama.cpp/v1'] },
  ),
  edenai: row('https://api.edenai.run/v3', 'EDENAI_API_BASE', 'EDENAI_API_KEY', page('edenai')),
  empiriolabs: row('https://api.empiriolabs.ai/v1', 'EMPIRIOLABS_API_BASE', 'EMPIRIOLABS_API_KEY', page('empiriolabs')),
  empower: row('https://app.empower.dev/api/v1', 'EMPOWER_API_BASE', 'EMPOWER_API_KEY', page('empower')),
  galadriel: row('https://api.galadriel.com/v1', 'GALADRIEL_API_BASE', 'GALADRIEL_API_KEY', page('galadriel')),
  github: row(
    'https://models.github.ai/inference',
    'GITHUB_API_BASE',
    'GITHUB_API_KEY',
    'https://docs.github.com/en/rest/models/inference',
    { hosts: ['models.inference.ai.azure.com'] },
  ),
  gmi: row('https://api.gmi-serving.com/v1', '', 'GMI_API_KEY', page('gmi')),
  gradient_ai: row('https://inference.do-ai.run/v1', '', 'GRADIENT_AI_API_KEY', page('gradient_ai')),
  helicone: row('https://ai-gateway.helicone.ai', '', 'HELICONE_API_KEY', page('helicone')),
  heroku: row(null, 'HEROKU_API_BASE', 'HEROKU_API_KEY', page('heroku'), {
    path: '/v1',
    hosts: ['inference.heroku.com'],
  }),
  huggingface: row(
    'https://router.huggingface.co/v1',
    'HF_API_BASE HUGGINGFACE_API_BASE',
    'HUGGINGFACE_API_KEY HF_TOKEN',
    'https://huggingface.co/docs/inference-providers',
    { path: '/v1', modelOf: huggingFaceModel },
  ),
  inception: row('https://api.inceptionlabs.ai/v1', 'INCEPTION_API_BASE', 'INCEPTION_API_KEY', page('inception')),
  infinity: row(null, 'INFINITY_API_BASE', 'INFINITY_API_KEY', page('infinity'), { keyless: true }),
  jina_ai: row(
    'https://api.jina.ai/v1',
    'JINA_AI_API_BASE',
    'JINA_AI_API_KEY JINA_API_KEY JINA_AI_TOKEN',
    'https://jina.ai/embeddings/',
  ),
  lemonade: row('http://localhost:8000/api/v1', 'LEMONADE_API_BASE', 'LEMONADE_API_KEY', page('lemonade'), {
    keyless: true,
  }),
  libertai: row('https://api.libertai.io/v1', 'LIBERTAI_API_BASE', 'LIBERTAI_API_KEY', page('libertai')),
  llamagate: row('https://api.llamagate.dev/v1', '', 'LLAMAGATE_API_KEY', page('llamagate')),
  maritalk: row('https://chat.maritaca.ai/api', 'MARITALK_API_BASE', 'MARITALK_API_KEY', page('maritalk')),
  meta: row('https://api.meta.ai/v1', 'META_API_BASE', 'META_API_KEY', page('meta')),
  minimax: row('https://api.minimax.io/v1', 'MINIMAX_API_BASE', 'MINIMAX_API_KEY', page('minimax'), {
    hosts: ['api.minimaxi.com'],
  }),
  modelscope: row(
    'https://api-inference.modelscope.cn/v1',
    'MODELSCOPE_API_BASE',
    'MODELSCOPE_API_KEY',
    page('modelscope'),
  ),
  'nano-gpt': row('https://nano-gpt.com/api/v1', '', 'NANOGPT_API_KEY', page('nano-gpt')),
  neosantara: row('https://api.neosantara.xyz/v1', 'NEOSANTARA_API_BASE', 'NEOSANTARA_API_KEY', page('neosantara')),
  ovhcloud: row(
    'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
    'OVHCLOUD_API_BASE',
    'OVHCLOUD_API_KEY',
    page('ovhcloud'),
  ),
  parasail: row('https://api.parasail.io/v1', 'PARASAIL_API_BASE', 'PARASAIL_API_KEY', page('parasail')),
  pinstripes: row('https://pinstripes.io/v1', 'PINSTRIPES_API_BASE', 'PINSTRIPES_API_KEY', page('pinstripes')),
  poe: row('https://api.poe.com/v1', '', 'POE_API_KEY', page('poe')),
  prism: row('https://api.prisminference.com/v1', 'PRISM_API_BASE', 'PRISM_API_KEY', page('prism')),
  publicai: row('https://api.publicai.co/v1', 'PUBLICAI_API_BASE', 'PUBLICAI_API_KEY', page('publicai')),
  qwencloud: row(
    'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    'QWENCLOUD_API_BASE',
    'QWENCLOUD_API_KEY',
    page('qwencloud'),
  ),
  reka: row('https://api.reka.ai/v1', 'REKA_API_BASE', 'REKA_API_KEY', page('reka')),
  sail: row('https://api.sailresearch.com/v1', 'SAIL_API_BASE', 'SAIL_API_KEY', page('sail')),
  sarvam: row(
    'https://api.sarvam.ai/v1',
    'SARVAM_API_BASE',
    'SARVAM_API_KEY',
    'https://docs.sarvam.ai/api-reference-docs/chat/chat-completions',
  ),
  scaleway: row('https://api.scaleway.ai/v1', '', 'SCW_SECRET_KEY', page('scaleway')),
  'scx-ai': row('https://api.scx.ai/v1', 'SCX_API_BASE', 'SCX_API_KEY', page('scx_ai')),
  snowflake: row(
    'https://{SNOWFLAKE_ACCOUNT_ID}.snowflakecomputing.com/api/v2/cortex/v1',
    'SNOWFLAKE_API_BASE',
    'SNOWFLAKE_JWT PROGRAMMATIC_ACCESS_TOKEN',
    'https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api',
    { hosts: ['snowflakecomputing.com'], path: '/api/v2/cortex/v1' },
  ),
  synthetic: row('https://api.synthetic.new/openai/v1', '', 'SYNTHETIC_API_KEY', page('synthetic')),
  tencent: row('https://tokenhub-intl.tencentcloudmaas.com/v1', 'TENCENT_API_BASE', 'TENCENT_API_KEY', page('tencent')),
  tensormesh: row(
    'https://serverless.tensormesh.ai/v1',
    'TENSORMESH_SERVERLESS_BASE_URL',
    'TENSORMESH_INFERENCE_API_KEY',
    page('tensormesh'),
  ),
  veniceai: row('https://api.venice.ai/api/v1', '', 'VENICE_AI_API_KEY', page('veniceai')),
  voyage: row(
    'https://api.voyageai.com/v1',
    '',
    'VOYAGE_API_KEY VOYAGE_AI_API_KEY VOYAGE_AI_TOKEN',
    'https://docs.voyageai.com/reference/embeddings-api',
  ),
  xiaomi_mimo: row('https://api.xiaomimimo.com/v1', '', 'XIAOMI_MIMO_API_KEY', page('xiaomi_mimo')),
  xinference: row('http://127.0.0.1:9997/v1', 'XINFERENCE_API_BASE', 'XINFERENCE_API_KEY', page('xinference'), {
    keyless: true,
  }),
  zai: row('https://api.z.ai/api/paas/v4', 'ZAI_API_BASE', 'ZAI_API_KEY', page('zai')),
} as const satisfies Record<string, ProviderRow>;
