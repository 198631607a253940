import { load } from './load.js';

export const { ApplicationFailure, CancelledFailure, defineSearchAttributeKey } = load('@temporalio/common');
export const { msToTs } = load('@temporalio/common/lib/time.js');
