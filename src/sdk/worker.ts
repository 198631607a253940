import type * as worker from '@temporalio/worker';
import { load } from './load.js';

// First, since what a process asks for first says which code cache it takes.
export const { DefaultLogger, NativeConnection, Runtime, Worker } = load('@temporalio/worker');
export type Worker = worker.Worker;
export const { loadClientConnectConfig } = load('@temporalio/envconfig');
