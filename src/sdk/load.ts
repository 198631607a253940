import type * as activity from '@temporalio/activity';
import type * as client from '@temporalio/client';
import type * as common from '@temporalio/common';
import type * as time from '@temporalio/common/lib/time.js';
import type * as envconfig from '@temporalio/envconfig';
import type * as worker from '@temporalio/worker';
import { createRequire } from 'node:module';
import { openBundle, type Profile } from './bundle.js';

/** What Baton loads of the SDK outside of workflows; `scripts/sdk-bundle.mjs` puts the same into the bundle. */
interface Packages {
  '@temporalio/activity': typeof activity;
  '@temporalio/client': typeof client;
  '@temporalio/common': typeof common;
  '@temporalio/common/lib/time.js': typeof time;
  '@temporalio/envconfig': typeof envconfig;
  '@temporalio/worker': typeof worker;
  '@temporalio/worker/lib/workflow/workflow-worker-thread.js': unknown;
}

type Name = keyof Packages;

let loaders: ((name: Name) => unknown) | undefined;

/**
 * A package of the SDK: from the bundle that the build made, else from node_modules. Never from both in one process, since a failure that
 * one of them throws is no failure to the other.
 */
export function load<N extends Name>(name: N): Packages[N] {
  loaders ??= open(/client|envconfig/.test(name) ? 'client' : 'worker');
  return loaders(name) as Packages[N];
}

function open(profile: Profile): (name: Name) => unknown {
  const bundle = openBundle(profile);
  return bundle ? (name) => bundle.packages[name]?.() : createRequire(import.meta.url);
}
