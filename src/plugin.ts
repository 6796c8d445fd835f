export { HoldfastPlugin, type HoldfastPluginOptions } from './plugin/holdfast-plugin.js';
