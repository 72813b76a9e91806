/** The data proxy for the programs that compose it. */
export { type ControlClient, type ControlClientOptions, createControlClient } from './control-client.ts'
export { createDataProxy, type DataProxy, type DataProxyConfig } from './proxy.ts'
