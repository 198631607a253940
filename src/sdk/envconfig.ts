import { load } from './load.js';

export const { loadClientConfigProfile, loadClientConnectConfig, toClientOptions } = load('@temporalio/envconfig');
