import type * as activity from '@temporalio/activity';
import { load } from './load.js';

export const { activityInfo, Context } = load('@temporalio/activity');
export type Context = activity.Context;
