/** The thread in which a worker runs workflows: the SDK's own, loaded as the worker is. */
import { load } from './load.js';

load('@temporalio/worker/lib/workflow/workflow-worker-thread.js');
